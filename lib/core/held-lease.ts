import type { LockerContext } from './context.js';
import { detached } from './current-lease.js';
import { LockLostError, type LostReason } from './errors.js';
import type { KeptHold } from './kept-hold.js';
import type { LeaseState, ReleaseResult } from './lease.js';
import { LiveLease } from './live-lease.js';
import type { Turn } from './waiting-room.js';

/** What a lease asks of its line when it ends. */
export interface LeaseHome {
  /** Passes the hold on, or gives it back and keeps the key away from everybody for `keepMs`. */
  passOn(keepMs: number): Promise<ReleaseResult>;
}

/** The lease of one turn. Final by itself: what happens to it later never reaches the turns after it. */
export class HeldLease extends LiveLease {
  readonly token: bigint;
  readonly #kept: KeptHold;
  readonly #home: LeaseHome;
  readonly #since: number;
  readonly #stopMaxHold: (() => void) | undefined;
  lostReason: LostReason | undefined;
  #controller: AbortController | undefined;

  constructor(context: LockerContext, turn: Turn<HeldLease>, kept: KeptHold, home: LeaseHome) {
    super(context, turn.key, turn.settings);
    this.#kept = kept;
    this.#home = home;
    this.token = kept.nextToken();
    this.#since = context.clock.mono();
    context.tally.held++;
    if (this.settings.maxHoldMs < Infinity) {
      const timer = context.clock.at(this.#since + this.settings.maxHoldMs, () => {
        this.revoke('maxHold');
      });
      this.#stopMaxHold = () => {
        timer.cancel();
      };
    }
  }

  get storeKey(): string {
    return this.#kept.storeKey;
  }

  get state(): LeaseState {
    if (this.lostReason) return 'lost';
    return this.ended ? 'released' : this.#kept.state;
  }

  get remainingMs(): number {
    return this.isLive ? this.#kept.remainingMs : 0;
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      // Made when first asked for: most work never looks at it, and every turn would pay.
      this.#controller = new AbortController();
      if (this.lostReason) this.#controller.abort(this.#lostError(this.lostReason));
    }
    return this.#controller.signal;
  }

  assertHeld(): void {
    if (this.state === 'released') throw this.usageError();
    // Not safe and not lost: the machine may have slept, and the store has not answered yet.
    if (this.ended || !this.#kept.isSafe()) throw this.#lostError(this.lostReason ?? 'expired');
  }

  /** The hold is gone; the line has moved on. */
  lost(reason: LostReason): void {
    if (this.ended) return;
    this.#over();
    this.lostReason = reason;
    this.context.telemetry.lost(this.settings.label, this.token, reason);
    const error = this.#lostError(reason);
    this.dismissSiblings(error);
    // Whoever's timer it was: the handlers are not part of that one's work.
    detached(() => this.#controller?.abort(error));
  }

  /** Takes the lease away from its holder, although the hold itself is fine. */
  revoke(reason: LostReason): void {
    if (this.ended) return;
    this.lost(reason);
    this.#home.passOn(0).catch((error: unknown) => {
      this.report(error);
    });
  }

  findLoss(): LostReason | undefined {
    if (!this.ended) this.#kept.isSafe();
    return this.lostReason;
  }

  protected end(): Promise<ReleaseResult> {
    const reason = this.findLoss();
    if (reason) return Promise.resolve({ released: false, reason });
    this.#over();
    this.context.telemetry.released(this.settings.label, this.token, this.#since);
    const { minHoldMs } = this.settings;
    return this.#home.passOn(minHoldMs === 0 ? 0 : this.#since + minHoldMs - this.context.clock.mono());
  }

  #over(): void {
    this.ended = true;
    this.context.tally.held--;
    this.#stopMaxHold?.();
  }

  #lostError(reason: LostReason): LockLostError {
    return new LockLostError(reason, { key: this.storeKey, backend: this.backend });
  }
}
