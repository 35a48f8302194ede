import type { LostReason } from './errors.js';
import type { LeaseState, ReleaseResult } from './lease.js';
import { LiveLease } from './live-lease.js';
import type { Settings } from './options.js';

/** Takes part in `outer`: same token, one at a time. */
export async function join(outer: LiveLease, key: string, settings: Settings): Promise<LiveLease> {
  const { siblings } = outer;
  await siblings.enter(key, settings);
  if (!outer.isLive) {
    siblings.leave();
    outer.assertHeld();
  }
  const joined = new JoinedLease(outer, key, settings);
  siblings.began(joined);
  return joined;
}

/** A part in an outer lease of the same async context. */
class JoinedLease extends LiveLease {
  readonly #outer: LiveLease;

  constructor(outer: LiveLease, key: string, settings: Settings) {
    super(outer.context, key, settings);
    this.#outer = outer;
  }

  override isBelow(lease: LiveLease): boolean {
    return this.#outer === lease || this.#outer.isBelow(lease);
  }

  get storeKey(): string {
    return this.#outer.storeKey;
  }

  get token(): bigint {
    return this.#outer.token;
  }

  get state(): LeaseState {
    const { state } = this.#outer;
    return this.ended && state !== 'lost' ? 'released' : state;
  }

  get signal(): AbortSignal {
    return this.#outer.signal;
  }

  get remainingMs(): number {
    return this.ended ? 0 : this.#outer.remainingMs;
  }

  get lostReason(): LostReason | undefined {
    return this.#outer.lostReason;
  }

  assertHeld(): void {
    if (this.ended) throw this.usageError();
    this.#outer.assertHeld();
  }

  findLoss(): LostReason | undefined {
    return this.#outer.findLoss();
  }

  protected end(): Promise<ReleaseResult> {
    const reason = this.findLoss();
    this.ended = true;
    this.#outer.siblings.leave();
    return Promise.resolve(reason === undefined ? { released: true } : { released: false, reason });
  }
}
