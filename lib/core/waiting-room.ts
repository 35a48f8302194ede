import { setMaxListeners } from 'node:events';
import { type Busy, isBusy } from './backend.js';
import type { ClockTimer } from './clock.js';
import type { LockerContext } from './context.js';
import { LockAbortedError, LockBackendError, LockBusyError, LockQuotaError, LockTimeoutError } from './errors.js';
import { Fifo, type FifoEntry } from './fifo.js';
import type { Settings } from './options.js';

/** A last try that began before the deadline may answer so long after it. */
const GRACE_MS = 50;

const BUSY: Busy = { busy: true };

/** One caller's place in a line. */
export class Turn<Granted> implements FifoEntry<Turn<Granted>> {
  ahead: Turn<Granted> | undefined = undefined;
  behind: Turn<Granted> | undefined = undefined;
  isWaiting = true;
  readonly promise: Promise<Granted>;
  resolve!: (granted: Granted) => void;
  reject!: (error: unknown) => void;
  stopListening: (() => void) | undefined = undefined;
  /** When the caller has waited long enough. */
  deadline: number;

  constructor(
    /** As the caller wrote it. */
    readonly key: string,
    readonly settings: Settings,
    readonly since: number,
  ) {
    this.deadline = since + settings.waitMs;
    this.promise = new Promise<Granted>((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  /** Tried once, whatever it takes: the call to the store has its own bound. */
  get triesOnce(): boolean {
    return this.settings.waitMs === 0;
  }

  /** When it is sent away even if a try is still under way. */
  get endsAt(): number {
    return this.triesOnce ? Infinity : this.deadline + GRACE_MS;
  }
}

/**
 * Callers of this process who wait for one key, in order. Each has its own bound and its own signal; the whole room
 * has one timer, because a timer per caller would cost more than the hand-over it guards.
 */
export class WaitingRoom<Granted> {
  /** Nothing has been heard from the store yet: whoever leaves now cannot be told that the key is taken. */
  isUnanswered = false;
  readonly #turns = new Fifo<Turn<Granted>>();
  #alarm: ClockTimer | undefined;
  #alarmAt = Infinity;

  constructor(
    private readonly context: LockerContext,
    private readonly storeKey: string,
    /** Told when a caller gave up, so that whoever contends for the room can stop when it is empty. */
    private readonly onLeft: () => void,
  ) {}

  get head(): Turn<Granted> | undefined {
    return this.#turns.head;
  }

  get size(): number {
    return this.#turns.size;
  }

  /** @throws LockQuotaError, LockAbortedError at once; the turn's promise carries everything later */
  enter(key: string, settings: Settings): Turn<Granted> {
    const { clock, tally, telemetry } = this.context;
    const { signal } = settings;
    const refusal = this.#refusal(signal);
    if (refusal) {
      telemetry.refused(settings.label, refusal, clock.mono());
      throw refusal;
    }
    const turn = new Turn<Granted>(key, settings, clock.mono());
    turn.deadline = Math.min(turn.deadline, turn.since + this.context.longestWaitMs);
    if (signal) {
      const abort = (): void => {
        this.#refuse(turn, new LockAbortedError(this.#where(signal.reason)));
        this.onLeft();
      };
      // Many may wait with one signal: that of a request, of a shutdown. Each listener is removed in the end.
      setMaxListeners(0, signal);
      signal.addEventListener('abort', abort, { once: true });
      turn.stopListening = () => {
        signal.removeEventListener('abort', abort);
      };
    }
    this.#turns.push(turn);
    tally.waiting++;
    this.#setAlarm(turn.endsAt);
    return turn;
  }

  /** Takes the head out of the room; its promise is the caller's business now. */
  callNext(): Turn<Granted> | undefined {
    const turn = this.#turns.head;
    if (turn) this.#leave(turn);
    return turn;
  }

  /** A try that began at `triedAt` brought nothing: whoever's time was up by then has had the last one. */
  turnAway(triedAt: number, answer: Busy | LockBackendError): void {
    for (const turn of [...this.#turns]) {
      if (turn.deadline > triedAt) continue;
      this.#refuse(turn, isBusy(answer) ? this.busyError(turn.settings, turn.since, answer) : answer);
    }
  }

  /** Sends everybody away. */
  dismiss(error: unknown): void {
    for (const turn of [...this.#turns]) this.#refuse(turn, error);
  }

  /** Nobody waits longer than until `until`. */
  cap(until: number): void {
    for (const turn of this.#turns) {
      turn.deadline = Math.min(turn.deadline, until);
      this.#setAlarm(turn.endsAt);
    }
  }

  busyError(settings: Settings, since: number, busy: Busy): LockBusyError | LockTimeoutError {
    return settings.waitMs === 0
      ? new LockBusyError({ ...busy, ...this.#where(undefined) })
      : new LockTimeoutError(this.context.clock.mono() - since, this.#where(undefined));
  }

  /** Why a caller may not even wait. */
  #refusal(signal: AbortSignal | undefined): LockQuotaError | LockAbortedError | undefined {
    const { tally, quota } = this.context;
    if (this.size >= quota.waitingPerKey) return this.#tooMany('callers waiting for this key', quota.waitingPerKey);
    if (tally.waiting >= quota.waiting) return this.#tooMany('callers waiting for locks', quota.waiting);
    return signal?.aborted ? new LockAbortedError(this.#where(signal.reason)) : undefined;
  }

  #refuse(turn: Turn<Granted>, error: unknown): void {
    // Told of another's refusal, a subscriber may have had this one leave.
    if (!turn.isWaiting) return;
    this.#leave(turn);
    this.context.telemetry.refused(turn.settings.label, error, turn.since);
    turn.reject(error);
  }

  #leave(turn: Turn<Granted>): void {
    turn.isWaiting = false;
    this.#turns.remove(turn);
    this.context.tally.waiting--;
    turn.stopListening?.();
    if (this.size === 0) this.#clearAlarm();
  }

  #setAlarm(at: number): void {
    if (at >= this.#alarmAt || at === Infinity) return;
    this.#clearAlarm();
    this.#alarmAt = at;
    const { clock } = this.context;
    const ring = (): void => {
      this.#ring();
    };
    // Somebody awaits the outcome: a script that does nothing else must not end before.
    this.#alarm = clock.at(at, ring, true);
  }

  #clearAlarm(): void {
    this.#alarm?.cancel();
    this.#alarm = undefined;
    this.#alarmAt = Infinity;
  }

  #ring(): void {
    const now = this.context.clock.mono();
    this.#clearAlarm();
    let left = false;
    for (const turn of [...this.#turns]) {
      if (turn.endsAt > now) this.#setAlarm(turn.endsAt);
      else {
        this.#refuse(turn, this.isUnanswered ? this.#silence() : this.busyError(turn.settings, turn.since, BUSY));
        left = true;
      }
    }
    if (left) this.onLeft();
  }

  #silence(): LockBackendError {
    const message = 'The lock store gave no answer before the wait was over. Check that it is reachable.';
    return new LockBackendError(message, { ...this.#where(undefined), outcome: 'unknown' });
  }

  #tooMany(what: string, limit: number): LockQuotaError {
    return new LockQuotaError(what, limit, this.#where(undefined));
  }

  #where(cause: unknown): { key: string; backend: string; cause?: unknown } {
    return { key: this.storeKey, backend: this.context.backend.name, ...(cause === undefined ? {} : { cause }) };
  }
}
