import { LockUsageError } from './errors.js';
import type { Lease, ReleaseResult } from './lease.js';

/** Leases on several keys, taken and given back together. There is no token of a set: each key has its own. */
export class LeaseSet implements AsyncDisposable {
  #signal: AbortSignal | undefined;

  /** @internal */
  constructor(
    /** In locking order. */
    readonly leases: readonly Lease[],
  ) {}

  /** @throws LockUsageError when the key is not one of the set's */
  of(key: string): Lease {
    const lease = this.leases.find((one) => one.key === key);
    if (!lease) throw new LockUsageError('This set holds no lease on that key.', { key });
    return lease;
  }

  /** Aborts with the LockLostError of the first lease that is lost. */
  get signal(): AbortSignal {
    return (this.#signal ??= AbortSignal.any(this.leases.map((lease) => lease.signal)));
  }

  /** @throws LockLostError when any of the leases is lost */
  assertHeld(): void {
    for (const lease of this.leases) lease.assertHeld();
  }

  /**
   * Gives all keys back, in reverse order.
   *
   * @returns the first loss, if there was one
   * @throws the first error, after every key has been tried
   */
  async release(): Promise<ReleaseResult> {
    const ends = await Promise.allSettled(this.leases.toReversed().map((lease) => lease.release()));
    const failed = ends.find((end) => end.status === 'rejected');
    if (failed) throw failed.reason;
    const results = ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []));
    return results.find((result) => !result.released) ?? { released: true };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.leases.toReversed().map((lease) => lease[Symbol.asyncDispose]()));
  }
}
