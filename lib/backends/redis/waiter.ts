import type { AcquireRequest, Busy, Hold } from '../../core/backend.js';
import { deadlineOf, driftMs, OPERATION_TIMEOUT_MS } from '../../core/deadline.js';
import { LockBackendError } from '../../core/errors.js';
import type { KeyNames } from './key-names.js';
import type { Answer, LockOperations } from './lock.operations.js';
import { type Granted, RedisHold } from './redis.hold.js';
import type { PushedGrant, WakeChannel } from './wake-channel.js';

/** How long a waiter is taken for alive after it has looked; a lease shorter than this bounds it. */
const ALIVE_MS = 5_000;
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
  readonly #aliveMs: number;
  /** The server's clock, beside ours of just before it was asked. */
  #clocks: { readonly sent: number; readonly serverMs: number } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isLooking = false;
  /** Asked for while a look was under way, whose answer may be older. */
  #looksAgain = false;
  /** Came while a look was under way: nothing is decided before its answer is there, or it could undo the decision. */
  #early: PushedGrant | undefined;
  #isLeaving = false;
  #isSettled = false;
  #settle!: (answer: Hold | Busy | Promise<Hold | Busy>) => void;
  readonly settled: Promise<Hold | Busy>;

  constructor(
    private readonly names: KeyNames,
    private readonly request: AcquireRequest,
    private readonly operations: LockOperations,
    private readonly channel: WakeChannel,
    private readonly onSettled: () => void,
  ) {
    this.#aliveMs = Math.min(request.leaseMs, ALIVE_MS);
    this.settled = new Promise((resolve) => {
      this.#settle = resolve;
    });
    request.signal.addEventListener('abort', this.#leave);
    this.look();
  }

  /** Asks for the key, and says that somebody still waits; idempotent. */
  look(inMs = 0): void {
    if (this.#isSettled) return;
    if (this.#isLooking) {
      this.#looksAgain = true;
      return;
    }
    clearTimeout(this.#timer);
    if (inMs > 0) {
      this.#timer = setTimeout(() => {
        this.look();
      }, inMs).unref();
      return;
    }
    this.#isLooking = true;
    this.#looksAgain = false;
    this.#early = undefined;
    const sent = performance.now();
    this.#timer = setTimeout(() => {
      this.#fail(this.#silence());
    }, OPERATION_TIMEOUT_MS).unref();
    const place = { aliveMs: this.#aliveMs, channel: this.channel.address };
    this.operations.acquire(this.names, this.request, place).then(
      (answer) => {
        this.#answered(answer, sent);
      },
      (error: unknown) => {
        this.#fail(error);
      },
    );
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
    const { expires, lengthMs, value } = grant;
    const { sent, serverMs } = this.#clocks;
    const now = performance.now();
    const ends = Math.min(sent + expires - serverMs, now + lengthMs);
    const deadline = ends - driftMs(Math.max(ends - sent, lengthMs));
    if (deadline - now >= lengthMs / 2) this.#grant({ value, deadline, grantedMs: lengthMs });
    else this.look();
  }

  fail(error: LockBackendError): void {
    this.#fail(error);
  }

  #answered(answer: Answer, sent: number): void {
    if (this.#isSettled) return;
    this.#isLooking = false;
    if (this.#isLeaving) {
      this.#leave();
    } else if (answer.granted) {
      this.#grant({ value: answer.value, deadline: deadlineOf(sent, this.request.leaseMs) });
    } else {
      this.#clocks = { sent, serverMs: answer.serverMs };
      if (this.#early) this.pushed(this.#early);
      else this.look(this.#looksAgain ? 0 : this.#pauseMs(answer));
    }
  }

  #pauseMs({ remainingMs, isHeadBehindForeigner }: Extract<Answer, { granted: false }>): number {
    const untilEnd = remainingMs < 0 ? Infinity : remainingMs + 1;
    if (isHeadBehindForeigner) return Math.min(untilEnd, between(...FOREIGN_MS));
    if (!this.channel.isLive) return Math.min(untilEnd, between(...UNHEARD_MS));
    const due = performance.now() + this.#aliveMs / 3;
    return Math.min(untilEnd, Math.max(1, due - (due % GRID_MS) - performance.now()));
  }

  #grant(granted: Granted): void {
    this.#end(new RedisHold(this.names, this.operations, granted));
  }

  readonly #leave = (): void => {
    this.#isLeaving = true;
    if (this.#isSettled || this.#isLooking) return;
    this.#end(this.operations.leave(this.names, this.request.owner).then(() => ({ busy: true })));
  };

  #fail(error: unknown): void {
    if (this.#isSettled) return;
    this.#end(Promise.reject(error instanceof Error ? error : new Error(String(error))));
  }

  #end(answer: Hold | Busy | Promise<Hold | Busy>): void {
    this.#isSettled = true;
    clearTimeout(this.#timer);
    this.request.signal.removeEventListener('abort', this.#leave);
    this.onSettled();
    this.#settle(answer);
  }

  #silence(): LockBackendError {
    const message = `Redis did not answer within ${String(OPERATION_TIMEOUT_MS)} ms. Check that it is reachable.`;
    return new LockBackendError(message, {
      ...{ key: this.names.key, backend: 'redis' },
      ...{ outcome: 'unknown', transient: true },
    });
  }
}

function between(least: number, most: number): number {
  return least + Math.random() * (most - least);
}
