import type { AcquireRequest, Busy, Hold } from '../../core/backend.js';
import { deadlineOf, driftMs } from '../../core/deadline.js';
import type { KeyNames } from './key-names.js';
import type { Answer, LockOperations, Refused } from './lock.operations.js';
import { LONGEST_ALIVE_MS } from './lock.script.js';
import { type Granted, RedisHold } from './redis.hold.js';
import type { PushedGrant, WakeChannel } from './wake-channel.js';

/** A client that is not ours wakes nobody: the head looks so often. */
const FOREIGN_MS = [50, 250] as const;
/** Where grants cannot be announced. */
const UNHEARD_MS = [50, 100] as const;
/** Looks of many keys fall on the same moments, and travel together. */
const GRID_MS = 20;

/**
 * One line of this process in the queue of one key. It looks every third of its waiter lease, which also says that it is
 * alive, and when the present lease ends; usually the grant is pushed long before.
 */
export class Waiter {
  readonly settled: Promise<Hold | Busy>;
  #settle!: (answer: Hold | Busy | Promise<Hold | Busy>) => void;
  #fail!: (error: unknown) => void;
  readonly #aliveMs: number;
  /** The server's clock, beside ours of just before it was asked; there is none before the first answer. */
  #clocks: { readonly sent: number; readonly serverMicros: number } | undefined;
  #stopHeeding: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** When the last look was, before it was written. */
  #sent = 0;
  #isLooking = false;
  /** Wanted while a look was under way, whose answer may be older than what happened since. */
  #looksAgain = false;
  /** Came while a look was under way: nothing is decided before its answer is there, or it could undo the decision. */
  #early: PushedGrant | undefined;
  #isLeaving = false;
  #isSettled = false;

  constructor(
    private readonly names: KeyNames,
    private readonly request: AcquireRequest,
    private readonly operations: LockOperations,
    private readonly channel: WakeChannel,
    /** A grant that came by message is not enough: replicas have to confirm it. */
    private readonly mustConfirm: boolean,
    private readonly onSettled: () => void,
  ) {
    this.#aliveMs = Math.min(request.leaseMs, LONGEST_ALIVE_MS);
    this.settled = new Promise((resolve, reject) => {
      this.#settle = resolve;
      this.#fail = reject;
    });
    this.look();
  }

  /** Asks for the key, and says that somebody still waits; idempotent. */
  look(): void {
    if (this.#isSettled) return;
    if (this.#isLooking) {
      this.#looksAgain = true;
      return;
    }
    clearTimeout(this.#timer);
    this.#isLooking = true;
    this.#looksAgain = false;
    this.#early = undefined;
    this.#sent = performance.now();
    this.channel.verify(this.#sent);
    this.operations.acquire(this.names, this.request, this.#aliveMs).then(
      (answer) => {
        this.#answered(answer);
      },
      (error: unknown) => {
        this.fail(error);
      },
    );
  }

  /** Also when the look was asked for: who does not look in time is taken for dead. */
  lookIn(ms: number): void {
    if (this.#isSettled) return;
    if (ms <= 0) {
      this.look();
      return;
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(
      () => {
        this.look();
      },
      Math.min(ms, this.#aliveMs / 3),
    ).unref();
  }

  /**
   * The grant came by message, which may have lain in the socket of a stopped process: its deadline is reckoned from the
   * server's clock in an earlier answer, and never from the time of receipt alone.
   */
  pushed(grant: PushedGrant): void {
    if (this.#isSettled) return;
    if (this.#isLooking || !this.#clocks) {
      this.#early = grant;
      return;
    }
    const { sent, serverMicros } = this.#clocks;
    const { madeMicros, lengthMs, value } = grant;
    // Older than an answer which said that the key is somebody else's: a message that was long under way.
    if (madeMicros <= serverMicros) {
      this.look();
      return;
    }
    const now = performance.now();
    const ends = Math.min(sent + (madeMicros - serverMicros) / 1000 + lengthMs, now + lengthMs);
    const deadline = ends - driftMs(Math.max(ends - sent, lengthMs));
    if (!this.mustConfirm && deadline - now >= lengthMs / 2) this.#grant({ value, deadline, grantedMs: lengthMs });
    else this.look();
  }

  fail(error: unknown): void {
    if (this.#isSettled) return;
    this.#end();
    this.#fail(error);
  }

  #answered(answer: Answer): void {
    if (this.#isSettled) return;
    const sent = this.#sent;
    this.#isLooking = false;
    if (this.#isLeaving) {
      this.#leave();
    } else if (answer.granted) {
      this.#grant({ value: answer.value, deadline: deadlineOf(sent, this.request.leaseMs) });
    } else {
      // The first answer only: until now there was nothing to wait for.
      if (!this.#clocks) this.#queued();
      this.#clocks = { sent, serverMicros: answer.serverMicros };
      if (this.#early) this.pushed(this.#early);
      else this.lookIn(this.#looksAgain ? 0 : this.#pauseMs(answer));
    }
  }

  #queued(): void {
    this.request.onQueued?.();
    const { signal } = this.request;
    this.#stopHeeding = () => {
      signal.removeEventListener('abort', leave);
    };
    const leave = (): void => {
      this.#leave();
    };
    signal.addEventListener('abort', leave);
    if (signal.aborted) leave();
  }

  #pauseMs({ remainingMs, isHeadBehindForeigner }: Refused): number {
    const untilEnd = remainingMs < 0 ? Infinity : remainingMs + 1;
    if (isHeadBehindForeigner) return Math.min(untilEnd, between(...FOREIGN_MS));
    if (!this.channel.isLive) return Math.min(untilEnd, between(...UNHEARD_MS));
    const now = performance.now();
    const due = now + this.#aliveMs / 3;
    return Math.min(untilEnd, Math.max(1, due - (due % GRID_MS) - now));
  }

  #grant(granted: Granted): void {
    this.#end();
    this.#settle(new RedisHold(this.names, this.operations, granted));
  }

  /** The answer of a look under way comes first: it may be a grant. */
  #leave(): void {
    this.#isLeaving = true;
    if (this.#isSettled || this.#isLooking) return;
    this.#end();
    this.#settle(this.operations.leave(this.names, this.request.owner).then(() => ({ busy: true })));
  }

  #end(): void {
    this.#isSettled = true;
    clearTimeout(this.#timer);
    this.#stopHeeding?.();
    this.onSettled();
  }
}

function between(least: number, most: number): number {
  return least + Math.random() * (most - least);
}
