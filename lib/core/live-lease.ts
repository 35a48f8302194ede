import type { LockerContext } from './context.js';
import { runsBelow } from './current-lease.js';
import { LockUsageError, type LostReason } from './errors.js';
import type { Lease, LeaseState, ReleaseResult } from './lease.js';
import type { Settings } from './options.js';
import { Siblings } from './siblings.js';

/** What leases of a turn and leases joined below them have in common: an end, once, after everybody below has ended. */
export abstract class LiveLease implements Lease {
  abstract readonly storeKey: string;
  abstract readonly token: bigint;
  abstract readonly state: LeaseState;
  abstract readonly signal: AbortSignal;
  abstract readonly remainingMs: number;
  abstract readonly lostReason: LostReason | undefined;
  protected ended = false;
  #siblings: Siblings | undefined;
  #release: Promise<ReleaseResult> | undefined;

  // Private to the language, not only to the compiler: who logs a lease must not log a store's configuration.
  readonly #context: LockerContext;

  constructor(
    context: LockerContext,
    readonly key: string,
    readonly settings: Settings,
  ) {
    this.#context = context;
  }

  get context(): LockerContext {
    return this.#context;
  }

  abstract assertHeld(): void;
  /** Why it is lost, also when a stop of the process has kept everybody from being told. */
  abstract findLoss(): LostReason | undefined;
  /** The actual end; called once. */
  protected abstract end(): Promise<ReleaseResult>;

  /** Whether calls in its async context may still join it. */
  get isLive(): boolean {
    return !this.ended && this.state !== 'lost';
  }

  /** Whether somebody below it is at work or waits to be. */
  get isShared(): boolean {
    return this.#siblings?.isIdle === false;
  }

  /** Whether it is a part of `lease`. */
  isBelow(_lease: LiveLease): boolean {
    return false;
  }

  /** Those who take part in it. */
  get siblings(): Siblings {
    return (this.#siblings ??= new Siblings(this.context, this.storeKey));
  }

  /** Nobody gets a turn below it any more, at any depth. */
  dismissSiblings(error: unknown): void {
    this.#siblings?.dismiss(error);
  }

  release(): Promise<ReleaseResult> {
    if (this.isShared && !this.#release && runsBelow(this)) {
      const message =
        'The work that has joined this lease would wait for its own end. Release it outside of that work.';
      return Promise.reject(new LockUsageError(message, { key: this.storeKey, backend: this.backend }));
    }
    return (this.#release ??= this.#siblings ? this.#endAfterSiblings(this.#siblings) : this.end());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release().catch((error: unknown) => {
      this.report(error);
    });
  }

  toJSON(): { key: string; storeKey: string; backend: string; token: string; state: LeaseState } {
    const { key, storeKey, backend, token, state } = this;
    return { key, storeKey, backend, token: String(token), state };
  }

  /** For what goes wrong where no caller may be told. */
  report(error: unknown): void {
    this.context.telemetry.trouble(this.settings.label, error);
  }

  get backend(): string {
    return this.context.backend.name;
  }

  async #endAfterSiblings(siblings: Siblings): Promise<ReleaseResult> {
    // Others may join between the end of the last one and this line.
    while (!siblings.isIdle) await siblings.idle();
    return await this.end();
  }

  protected usageError(): LockUsageError {
    const where = { key: this.storeKey, backend: this.backend };
    return new LockUsageError('This lease was released already. Do the work before the release.', where);
  }
}
