import type { LockBackend } from '../core/backend.js';

/** What a spec lends the suite, afresh for each test: a store, and what the suite cannot know about it. */
export interface BackendFixture {
  /** Another client of the same store, as another process would have; the suite closes it. */
  open(): LockBackend;
  /** Ends the store, after every client of it was closed. */
  close(): Promise<void>;
  /** Shortest lease that is sensible on this store, in ms; default 300. Many tests last as long as it. */
  readonly leaseMs?: number | undefined;
  /** Counts what the store keeps for keys that nobody holds any more, beyond what it keeps on purpose. */
  residue?(): Promise<number>;
  /** Runs the store's own cleaning, as if every free key had been idle for long. */
  purge?(): Promise<void>;
  /**
   * Stores with sessions, whose holds live on as long as their client is heard of: cuts a client of `open()` off, in both
   * directions and without a sign. Returns what ends that. Without it, holds that nobody renews end by themselves.
   */
  readonly silence?: ((client: LockBackend) => () => Promise<void>) | undefined;
  /** The store numbers its grants by itself: its tokens have nothing to do with its clock. */
  readonly ownNumbers?: boolean | undefined;
}
