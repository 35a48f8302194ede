import { randomUUID } from 'node:crypto';
import { type Busy, type Hold, isBusy } from './backend.js';
import type { LockerContext } from './context.js';
import { OPERATION_TIMEOUT_MS } from './deadline.js';
import { LockBackendError } from './errors.js';
import { KeptHold } from './kept-hold.js';
import { LazyAbort } from './lazy-abort.js';
import { LineRequest } from './line-request.js';
import type { Settings } from './options.js';
import type { Turn, WaitingRoom } from './waiting-room.js';

/** Pause between two tries where the store cannot tell when a key is free. */
const POLL_MS = 100;
/** Pause before a store that failed is asked again. */
const RETRY_MS = 50;

/** A head start or a delay of up to a quarter, so that processes which were refused together do not return together. */
function jittered(ms: number): number {
  return ms * (0.75 + Math.random() / 2);
}

/**
 * One line's way to a hold. It contends for the whole line, so that an impatient caller does not send its process to
 * the tail of the store's queue, and goes on until it is granted or the line is empty.
 */
export class Contention<Granted> {
  /** One owner for all tries until a grant is given back: a try whose answer was lost is repeated, not doubled. */
  #owner = randomUUID();
  #cancelled = new LazyAbort();
  #wake: (() => void) | undefined;
  #failingSince: number | undefined;
  /** The last request, if there was one. */
  #request: LineRequest | undefined;

  constructor(
    private readonly context: LockerContext,
    private readonly storeKey: string,
    private readonly room: WaitingRoom<Granted>,
  ) {}

  /** Looks again now: the head of the line changed, or the line is empty. */
  nudge(): void {
    if (!this.room.head) this.#cancelled.abort();
    this.#wake?.();
  }

  /**
   * @returns the hold, or nothing when the line is empty
   * @throws LockBackendError when the store stayed unreachable; what it may have granted is taken back
   */
  async win(): Promise<KeptHold | undefined> {
    this.room.isUnanswered = true;
    try {
      for (let head = this.room.head; head; head = this.room.head) {
        const triedAt = this.context.clock.mono();
        const answer = await this.#try(head, triedAt);
        if (answer instanceof KeptHold) return answer;
        this.room.turnAway(triedAt, answer);
        if (this.room.head && !this.#wasCutShort(answer)) await this.#pause(this.#pauseMs(answer), isBusy(answer));
      }
    } catch (error) {
      this.#abandon();
      throw error;
    }
    // The last answer may be unknown, a transient error, when the last caller left.
    if (this.#failingSince !== undefined) this.#abandon();
    return undefined;
  }

  /** One attempt: a hold, "busy", or the transient error after which another attempt makes sense. */
  async #try(head: Turn<Granted>, triedAt: number): Promise<KeptHold | Busy | LockBackendError> {
    const { clock, store } = this.context;
    try {
      const sent = { mono: triedAt, wall: clock.wall() };
      const answer = await store.acquire((this.#request = this.#requestFor(head)));
      this.room.isUnanswered = false;
      if (!isBusy(answer) && !this.#isInTime(answer, head.settings)) throw await this.#returned(answer);
      this.#failingSince = undefined;
      return isBusy(answer) ? answer : new KeptHold(answer, this.storeKey, head.settings, sent, store, clock);
    } catch (error) {
      // Where the store queues, it was asked long ago.
      this.#failingSince ??= store.backend.waits ? clock.mono() : triedAt;
      const mayRetry = error instanceof LockBackendError && error.transient;
      if (!mayRetry || clock.mono() - this.#failingSince >= OPERATION_TIMEOUT_MS) throw error;
      return error;
    }
  }

  /** A grant that came nearly expired would be lost before its work had begun. */
  #isInTime(hold: Hold, { leaseMs }: Settings): boolean {
    return hold.deadline - this.context.clock.mono() >= (hold.grantedMs ?? leaseMs) / 2 && !hold.isLost;
  }

  async #returned(hold: Hold): Promise<LockBackendError> {
    const { store, backend } = this.context;
    const owner = this.#owner;
    // A release can still be under way when its repetition has been answered: it must not find a grant that came later.
    this.#owner = randomUUID();
    try {
      await store.release(this.storeKey, hold, { used: 0 });
    } catch (error) {
      this.#abandon(owner);
      throw error;
    }
    const message = 'The lock store answers too slowly for this lease. Give a longer `lease`, or check the store.';
    const where = { key: this.storeKey, backend: backend.name };
    return new LockBackendError(message, { ...where, outcome: 'not-applied', transient: true });
  }

  #requestFor(head: Turn<Granted>): LineRequest {
    const { leaseMs, turns, mode } = head.settings;
    const { maxTurns } = this.context.store.backend;
    // Everybody had left, and before the store had answered somebody new came.
    if (this.#cancelled.aborted) this.#cancelled = new LazyAbort();
    const carried = Math.min(turns, maxTurns);
    const mayWait = !head.triesOnce;
    return new LineRequest(this.storeKey, this.#owner, leaseMs, carried, mode, mayWait, this.#cancelled, this.room);
  }

  /** A store that queues answered only because it was told not to wait: whoever is left belongs into its queue, now. */
  #wasCutShort(answer: Busy | LockBackendError): boolean {
    const wasCut = this.#cancelled.aborted || this.#request?.mayWait === false;
    return this.context.store.backend.waits && isBusy(answer) && wasCut;
  }

  #pauseMs(answer: Busy | LockBackendError): number {
    const head = this.room.head;
    const untilLastTry = head ? head.deadline - this.context.clock.mono() : 0;
    return Math.max(1, Math.min(untilLastTry, this.#storesPauseMs(answer)));
  }

  #storesPauseMs(answer: Busy | LockBackendError): number {
    if (!isBusy(answer)) return jittered(RETRY_MS);
    // A hint may be missed, when its connection is cut: look anyway, as often as a lease is renewed.
    const poll = this.context.store.backend.freed ? (this.room.head?.settings.leaseMs ?? 0) / 3 : POLL_MS;
    return Math.min(jittered(poll), (answer.remainingMs ?? Infinity) + 1);
  }

  #pause(ms: number, hinted: boolean): Promise<void> {
    const { clock } = this.context;
    return new Promise((resolve) => {
      const round = new AbortController();
      const wake = (): void => {
        if (round.signal.aborted) return;
        timer.cancel();
        round.abort();
        // Of this round: one that is long over must not disarm the next.
        if (this.#wake === wake) this.#wake = undefined;
        resolve();
      };
      const poll = (): void => {
        if (round.signal.aborted) return;
        timer.cancel();
        timer = clock.at(clock.mono() + Math.min(ms, jittered(POLL_MS)), wake);
      };
      let timer = clock.at(clock.mono() + ms, wake);
      this.#wake = wake;
      if (hinted) this.#hint(round.signal).then(wake, poll);
    });
  }

  /** A hint that fails is no hint: then the store is asked again and again. */
  async #hint(signal: AbortSignal): Promise<void> {
    const { backend } = this.context.store;
    if (!backend.freed) throw new Error('no hints');
    await backend.freed(this.storeKey, signal);
  }

  #abandon(owner = this.#owner): void {
    if (!this.#request) return;
    this.context.store.abandon(this.storeKey, owner, this.#request.leaseMs).catch((error: unknown) => {
      this.context.telemetry.trouble('', error);
    });
  }
}
