/** `shared` is reserved: no store grants it yet. */
export type LockMode = 'exclusive' | 'shared';

/**
 * The seam between policy and store. Waiting, in-process lines, renewing, hand-over, deadlines and telemetry are
 * written once in core; a store only knows how to grant, renew and take back one hold of one key.
 *
 * Rules every store keeps (`describeLockBackend` in `nestjs-locked/testing` checks them):
 * - at most one live hold per key, judged by the store's own clock or session;
 * - tokens grow strictly per key, over release, expiry, crash and restart;
 * - `acquire` is idempotent by owner: a repeated request whose first answer was lost gets the same block of tokens;
 * - nobody is starved: whoever releases and asks again at once must not win its own key back for ever; a store that has
 *   no queue lets its process stand back for a moment when others wait;
 * - "busy" is an answer, trouble is an exception (LockBackendError), and the two are never mixed up.
 */
export interface LockBackend {
  /** Short name for errors and telemetry, without any credential. */
  readonly name: string;
  /** `true`: `acquire` queues in the store, if it `mayWait`, and settles when the key is granted or the signal aborts. */
  readonly waits: boolean;
  /** How many tokens one grant can carry, ≥ 1. */
  readonly maxTurns: number;
  /**
   * Asks for the key; always makes one attempt, even if the signal is aborted already.
   *
   * @throws LockBackendError when the store is unreachable or refuses
   */
  acquire(request: AcquireRequest): Promise<Hold | Busy>;
  /**
   * Settles when the key *may* be free: a hint, waking for nothing is allowed, missing a release is not. A release
   * that happens after this call counts, also while the store's own subscription is still being set up.
   */
  freed?(key: string, signal: AbortSignal): Promise<void>;
  /**
   * Takes back whatever `owner` may hold or wait for, after an acquire with an unknown outcome. Succeeds also when
   * there is nothing to take back.
   */
  abandon(key: string, owner: string): Promise<void>;
  /** Settles when the store answers; with sessions: in the session of its holds, or after it has told them of its end. */
  ping(): Promise<void>;
  /** Closes what this backend opened, and nothing that the user gave it. A later call may open it again. */
  close?(): Promise<void>;
}

export interface AcquireRequest {
  /** Full key, namespace included; already checked: well-formed, no control characters, ≤ 512 bytes. */
  readonly key: string;
  /** 128-bit random id of this hold: the capability to renew and release it. Never logged. */
  readonly owner: string;
  /** Length of the lease, in ms. */
  readonly leaseMs: number;
  /** How many tokens the hold should carry, for hand-over between callers of this process; ≤ `maxTurns`. */
  readonly turns: number;
  readonly mode: LockMode;
  /** `false`: one attempt, answered at once, also by a store that queues. */
  readonly mayWait: boolean;
  /** A store that queues tells when it has answered: somebody else holds the key, and the request has its place. */
  onQueued?(): void;
  /** The line's, not a single caller's: aborted when nobody of this process waits any more. */
  readonly signal: AbortSignal;
}

/** Somebody else holds the key. */
export interface Busy {
  readonly busy: true;
  /** How long the present lease still runs, in ms; the waiter looks again then, or when `freed` tells. */
  readonly remainingMs?: number | undefined;
  readonly holder?: BusyHolder | undefined;
}

/** What a store can tell about the holder of a key. For logs; never shown to clients. */
export interface BusyHolder {
  readonly description: string;
  readonly since?: Date | undefined;
}

/** Whoever relies on a hold that lives as long as a session. */
export interface HoldWatcher {
  /** The session has ended, or (`'taken'`) somebody has deleted what stood for the hold. */
  ended(reason: 'session' | 'taken'): void;
  /** The session is cut off: the hold is in doubt until a `ping` has been answered. */
  suspected(why: unknown): void;
}

/** What one process holds in the store for a key, on behalf of its line of callers. */
export interface Hold {
  /** First fencing token of the block, minted in the same atomic step as the grant. */
  readonly first: bigint;
  /** How many tokens the block has: `first` … `first + count − 1`. */
  readonly count: number;
  /** When the lease ends, in monotonic ms, reckoned from *before* the request was sent (core/deadline). */
  readonly deadline: number;
  /**
   * How long it was granted for, in ms, where that is not the `leaseMs` that was asked for: the length of a session, or
   * a grant that came by message and lasts only until its receiver has confirmed it. A shorter one that can be renewed
   * is renewed at once, and may be relied on meanwhile.
   */
  readonly grantedMs?: number;
  /** Stores with sessions: whether the hold has ended with its session. */
  readonly isLost?: boolean;
  /** Stores with sessions: tells what happens to the hold from now on, at once, and until it is released. */
  watch?(watcher: HoldWatcher): void;
  /**
   * Renews the lease; only for stores whose holds expire by themselves.
   *
   * @returns the new deadline, or `false` when the store no longer holds it for us
   * @throws when the outcome is unknown: the hold is kept until its deadline
   */
  renew?(leaseMs: number): Promise<number | false>;
  /**
   * Gives the key back, by owner; idempotent.
   *
   * @returns `false` when it was no longer ours
   */
  release(how: ReleaseRequest): Promise<boolean>;
}

export interface ReleaseRequest {
  /** How many tokens of the block were handed out; the others are given back too, so that tokens do not outrun time. */
  readonly used: number;
  /** Keep the key away from everybody for so many ms more (`minHold`). */
  readonly keepMs?: number | undefined;
}

export function isBusy(answer: object): answer is Busy {
  return 'busy' in answer;
}
