import type { LostReason } from './errors.js';
import type { LeaseState } from './kept-hold.js';

export type { LeaseState } from './kept-hold.js';

/** How a lease ended. */
export type ReleaseResult = { readonly released: true } | { readonly released: false; readonly reason: LostReason };

/** The right to a key until it is released or lost. */
export interface Lease extends AsyncDisposable {
  /** As the caller wrote it. */
  readonly key: string;
  /** The key's name in the store: namespace included. */
  readonly storeKey: string;
  /** Kind of the store: `redis`, `postgres` … Tokens of different kinds cannot be compared. */
  readonly backend: string;
  /**
   * Fencing token: grows with every grant of the key, also over crash, restart and failover. An ordering number, not a
   * secret. Let the resource refuse a write that carries a smaller one than it has seen.
   */
  readonly token: bigint;
  /** `suspect`: a renewal failed or the clocks disagree; it becomes `held` again, or `lost`. The rest is final. */
  readonly state: LeaseState;
  /** Aborts with LockLostError before the lease can end at the store, as long as the event loop turns. */
  readonly signal: AbortSignal;
  /** How long this may still be relied on without a renewal, in ms. */
  readonly remainingMs: number;
  /**
   * Call it before what must not be done by two. The only check that holds also when the process was stopped in between.
   *
   * @throws LockLostError when the lease is lost; LockUsageError when it was released already
   */
  assertHeld(): void;
  /**
   * Gives the key back, or passes it on inside this process. Repeated calls answer the same.
   *
   * @throws LockBackendError when the store did not answer: the release is repeated in the background until the lease
   *   would have ended by itself
   */
  release(): Promise<ReleaseResult>;
  /** The token as a decimal string, as it travels: `parseFencingToken` of 'nestjs-locked/fencing' reads it again. */
  toJSON(): {
    readonly key: string;
    readonly storeKey: string;
    readonly backend: string;
    readonly token: string;
    readonly state: LeaseState;
  };
  /** Releases and never rejects: whatever went wrong in the block is what its caller gets to see. */
  [Symbol.asyncDispose](): Promise<void>;
}
