import type { Hold, HoldWatcher } from './backend.js';
import type { AlarmClock } from './alarm-clock.js';
import type { ClockTimer } from './clock.js';
import { marginMs, renewEveryMs, renewTimeoutMs } from './deadline.js';
import type { LostReason } from './errors.js';
import type { Settings } from './options.js';
import type { Store } from './store.js';

const RENEWAL_GRID_MS = 5;

export type LeaseState = 'held' | 'suspect' | 'lost' | 'released';

/** Both clocks at the moment a request was sent. */
interface Stamp {
  readonly mono: number;
  readonly wall: number;
}

/** What a hold tells its line. */
export interface HoldListener {
  onLost(reason: LostReason): void;
  onSuspect(error: unknown): void;
}

/**
 * One hold and the truth about it: `held` → `suspect` → `held` or `lost`; `lost` and `released` are final. It renews
 * itself, and is lost at deadline − margin at the latest, before it can end at the store.
 */
export class KeptHold implements HoldWatcher {
  state: LeaseState = 'held';
  lostReason: LostReason | undefined;
  /** Tokens handed out so far. */
  used = 0;
  readonly grantedAt: number;
  #lengthMs: number;
  #listener: HoldListener | undefined;
  #timer: ClockTimer | undefined;
  #renewedUntil: number;
  #stamp: Stamp;
  #renewal: { readonly until: number } | undefined;
  #renewAt: number;
  #failures = 0;
  #isGivenBack = false;

  constructor(
    readonly hold: Hold,
    readonly storeKey: string,
    readonly settings: Settings,
    sent: Stamp,
    private readonly store: Store,
    private readonly clock: AlarmClock,
  ) {
    this.grantedAt = clock.mono();
    this.#lengthMs = hold.grantedMs ?? settings.leaseMs;
    this.#renewedUntil = hold.deadline;
    this.#stamp = sent;
    // A store that queues may have been asked long ago.
    const asked = Math.max(sent.mono, hold.deadline - settings.leaseMs);
    this.#renewAt = this.#lengthMs < settings.leaseMs && hold.renew ? this.grantedAt : this.#nextRenewal(asked);
    hold.watch?.(this);
  }

  ended(reason: 'session' | 'taken'): void {
    this.lose(reason);
  }

  /** A renewal that is under way already does not count: it was sent before the doubt arose. */
  suspected(why: unknown): void {
    if (this.isFinal) return;
    this.#doubt(why);
    this.#renew(this.clock.mono());
  }

  /** From now on it is looked after, and whoever relies on it is told. */
  keepFor(listener: HoldListener): void {
    this.#listener = listener;
    this.#schedule();
    // Its session ended before anybody listened.
    if (this.lostReason) listener.onLost(this.lostReason);
  }

  /** What the pace of all that is done for it goes by: a short grant has less time, and a session a length of its own. */
  get #paceMs(): number {
    return this.hold.renew ? Math.min(this.#lengthMs, this.settings.leaseMs) : this.#lengthMs;
  }

  get #margin(): number {
    return marginMs(this.#paceMs);
  }

  /** A session's moves by itself. */
  get #deadline(): number {
    return this.hold.renew ? this.#renewedUntil : this.hold.deadline;
  }

  /** When holders are told at the latest: `deadline − margin`. */
  get safeUntil(): number {
    return this.#deadline - this.#margin;
  }

  get remainingMs(): number {
    return Math.max(0, this.safeUntil - this.clock.mono());
  }

  get isFinal(): boolean {
    return this.state === 'lost' || this.state === 'released';
  }

  /**
   * Whether the hold may be relied on at this very line; the only check that a stopped process cannot outrun. When the
   * wall clock ran ahead of the monotonic one, the machine may have slept: the difference counts until a renewal has
   * been answered.
   */
  isSafe(): boolean {
    if (this.isFinal) return false;
    const now = this.clock.mono();
    if (now >= this.safeUntil) {
      this.lose('expired');
      return false;
    }
    const slept = this.#slept(now);
    return slept === 0 || now + slept < this.safeUntil;
  }

  /** Whether the next caller of this process may have it without a round trip. */
  canServe(next: Settings): boolean {
    const { settings } = this;
    return (
      this.used < Math.min(this.hold.count, settings.turns) &&
      next.leaseMs === settings.leaseMs &&
      next.mode === settings.mode &&
      next.turns > 1 &&
      this.clock.mono() - this.grantedAt < settings.handOverMs &&
      this.remainingMs + this.#margin >= this.#lengthMs / 2 &&
      this.isSafe() &&
      this.state === 'held'
    );
  }

  /** Handed out in order, each larger than the one before. */
  nextToken(): bigint {
    return this.hold.first + BigInt(this.used++);
  }

  #schedule(): void {
    this.#timer?.cancel();
    if (this.isFinal) return;
    const at = Math.min(this.safeUntil, this.#renewal?.until ?? this.#renewAt);
    const look = (): void => {
      this.#look(this.clock.mono());
    };
    this.#timer = this.clock.at(at, look);
  }

  /** Loses what is over, gives up on a renewal that hangs, renews when it is due. */
  #look(now: number): void {
    if (now >= this.safeUntil) this.lose('expired');
    if (this.isFinal) return;
    if (this.#renewal && now >= this.#renewal.until) this.#failed(new Error('the renewal was not answered in time'));
    this.#slept(now);
    if (!this.#renewal && now >= this.#renewAt) this.#renew(now);
    this.#schedule();
  }

  lose(reason: LostReason): void {
    if (this.isFinal) return;
    this.lostReason = reason;
    this.#end('lost');
    this.#listener?.onLost(reason);
    // A lease ends at the store by itself. A session may live on, and what it holds with it.
    if (reason === 'expired' && !this.hold.renew) this.#giveBackOnceStopped();
  }

  /** Whoever lost it has until the deadline to stop; after that others are to have it. */
  #giveBackOnceStopped(): void {
    if (this.#isGivenBack) return;
    this.#isGivenBack = true;
    this.store.giveBack(this.storeKey, this.hold, { used: this.used }, this.#deadline);
  }

  /** The line gives it back; nothing that arrives later changes it any more. */
  finish(): void {
    if (!this.isFinal) this.#end('released');
  }

  #end(state: 'lost' | 'released'): void {
    this.state = state;
    this.#timer?.cancel();
  }

  #slept(now: number): number {
    const ahead = this.clock.wall() - this.#stamp.wall - (now - this.#stamp.mono);
    if (ahead <= this.#margin) return 0;
    if (this.state === 'held') this.suspected(new Error('the wall clock ran ahead: the machine may have slept'));
    return ahead;
  }

  #renew(now: number): void {
    const renewal = { until: now + renewTimeoutMs(this.#paceMs) };
    const sent = { mono: now, wall: this.clock.wall() };
    this.#renewal = renewal;
    this.#schedule();
    this.store.renew(this.storeKey, this.hold, this.settings.leaseMs).then(
      (deadline) => {
        this.#answered(deadline, sent, renewal);
      },
      (error: unknown) => {
        if (this.#renewal === renewal) this.#failed(error);
      },
    );
  }

  #answered(deadline: number | false, sent: Stamp, renewal: object): void {
    if (this.isFinal) {
      // Lost already, and now it lives on at the store: nobody here will ever use it.
      if (this.state === 'lost' && deadline !== false) this.#giveBackOnceStopped();
      return;
    }
    if (deadline === false) {
      this.lose('taken');
      return;
    }
    if (this.#renewal === renewal) this.#renewal = undefined;
    this.#renewedUntil = Math.max(this.#renewedUntil, deadline);
    if (this.hold.renew) this.#lengthMs = this.settings.leaseMs;
    if (sent.mono >= this.#stamp.mono) this.#stamp = sent;
    this.#renewAt = Math.max(this.#renewAt, this.#nextRenewal(sent.mono));
    this.#failures = 0;
    // One that was sent later is under way: it was sent because of a doubt that this answer cannot end.
    if (!this.#renewal) this.state = 'held';
    this.#schedule();
  }

  /** A session needs none; its hold is verified only when the machine may have slept. */
  #nextRenewal(sent: number): number {
    if (!this.hold.renew) return Infinity;
    const due = sent + renewEveryMs(this.settings.leaseMs);
    // On a grid, so that a store can renew many holds in one call.
    return Math.ceil(due / RENEWAL_GRID_MS) * RENEWAL_GRID_MS;
  }

  #failed(error: unknown): void {
    this.#renewal = undefined;
    // 1/30, 1/15, 2/15 … of the lease: several tries fit before the deadline, without a storm on a sick store.
    this.#renewAt = this.clock.mono() + (this.#paceMs / 30) * 2 ** Math.min(this.#failures++, 3);
    this.#doubt(error);
    this.#schedule();
  }

  #doubt(error: unknown): void {
    if (this.state !== 'held') return;
    this.state = 'suspect';
    this.#listener?.onSuspect(error);
  }
}
