import type { LockerContext } from './context.js';
import { detached, runsBelow } from './current-lease.js';
import { LockLostError, LockUsageError, type LostReason } from './errors.js';
import type { KeptHold } from './kept-hold.js';
import type { Lease, LeaseState, ReleaseResult } from './lease.js';
import type { Settings } from './options.js';
import { Siblings } from './siblings.js';
import type { Turn } from './waiting-room.js';

/** What a lease asks of its line when it ends. */
export interface LeaseHome {
  /** Passes the hold on, or gives it back and keeps the key away from everybody for `keepMs`. */
  passOn(keepMs: number): Promise<ReleaseResult>;
}

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

  constructor(
    protected readonly context: LockerContext,
    readonly key: string,
    readonly settings: Settings,
  ) {}

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

  /** Takes part in this lease: same token, one at a time. */
  async join(key: string, settings: Settings): Promise<LiveLease> {
    const siblings = (this.#siblings ??= new Siblings(this.context, this.storeKey));
    await siblings.enter(key, settings);
    if (!this.isLive) {
      siblings.leave();
      this.assertHeld();
    }
    const joined = new JoinedLease(this.context, key, settings, this, siblings);
    siblings.began(joined);
    return joined;
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

/** The lease of one turn. Final by itself: what happens to it later never reaches the turns after it. */
export class HeldLease extends LiveLease {
  readonly token: bigint;
  readonly #since: number;
  readonly #stopMaxHold: (() => void) | undefined;
  lostReason: LostReason | undefined;
  #controller: AbortController | undefined;

  constructor(
    context: LockerContext,
    turn: Turn<HeldLease>,
    private readonly kept: KeptHold,
    private readonly home: LeaseHome,
  ) {
    super(context, turn.key, turn.settings);
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
    return this.kept.storeKey;
  }

  get state(): LeaseState {
    if (this.lostReason) return 'lost';
    return this.ended ? 'released' : this.kept.state;
  }

  get remainingMs(): number {
    return this.isLive ? this.kept.remainingMs : 0;
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
    if (this.ended || !this.kept.isSafe()) throw this.#lostError(this.lostReason ?? 'expired');
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
    this.home.passOn(0).catch((error: unknown) => {
      this.report(error);
    });
  }

  findLoss(): LostReason | undefined {
    if (!this.ended) this.kept.isSafe();
    return this.lostReason;
  }

  protected end(): Promise<ReleaseResult> {
    const reason = this.findLoss();
    if (reason) return Promise.resolve({ released: false, reason });
    this.#over();
    this.context.telemetry.released(this.settings.label, this.token, this.#since);
    const { minHoldMs } = this.settings;
    return this.home.passOn(minHoldMs === 0 ? 0 : this.#since + minHoldMs - this.context.clock.mono());
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

/** A part in an outer lease of the same async context. */
class JoinedLease extends LiveLease {
  constructor(
    context: LockerContext,
    key: string,
    settings: Settings,
    private readonly outer: LiveLease,
    private readonly siblings: Siblings,
  ) {
    super(context, key, settings);
  }

  override isBelow(lease: LiveLease): boolean {
    return this.outer === lease || this.outer.isBelow(lease);
  }

  get storeKey(): string {
    return this.outer.storeKey;
  }

  get token(): bigint {
    return this.outer.token;
  }

  get state(): LeaseState {
    const { state } = this.outer;
    return this.ended && state !== 'lost' ? 'released' : state;
  }

  get signal(): AbortSignal {
    return this.outer.signal;
  }

  get remainingMs(): number {
    return this.ended ? 0 : this.outer.remainingMs;
  }

  get lostReason(): LostReason | undefined {
    return this.outer.lostReason;
  }

  assertHeld(): void {
    if (this.ended) throw this.usageError();
    this.outer.assertHeld();
  }

  findLoss(): LostReason | undefined {
    return this.outer.findLoss();
  }

  protected end(): Promise<ReleaseResult> {
    const reason = this.findLoss();
    this.ended = true;
    this.siblings.leave();
    return Promise.resolve(reason === undefined ? { released: true } : { released: false, reason });
  }
}
