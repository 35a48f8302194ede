import { systemClock } from '../../core/clock.js';
import type { Awaitable, Row } from './lock-table.js';
import { jittered, pause } from './back-off.js';

const LONGEST_MS = 5;
/** A waiter hears, looks and asks: so many times the way to the store and back, which the release has just taken. */
const ROUND_TRIPS = 4;
const LOOK_EVERY_MS = 1;

interface Returned {
  readonly last: bigint;
  readonly until: number;
}

/**
 * A table knows no queue, and who has just released is quickest to ask again: it would win its own key back and starve
 * the other processes. So after giving back a key that others want, this process lets one of them have it first.
 */
export class StandBack {
  readonly #returned = new Map<string, Returned>();

  /** The key went back with `last` as its last token, which took `tookMs`, and another process waits for it. */
  start(key: string, last: bigint, tookMs: number): void {
    const now = systemClock.mono();
    // Oldest first: what has run out was never asked for again.
    for (const [old, { until }] of this.#returned) {
      if (until > now) break;
      this.#returned.delete(old);
    }
    // At most what a slow store would deserve: one that was silent for a second says nothing of the next round trip.
    const longest = LONGEST_MS + Math.min(ROUND_TRIPS * tookMs, 10 * LONGEST_MS);
    this.#returned.delete(key);
    this.#returned.set(key, { last, until: now + jittered(longest) });
  }

  has(key: string): boolean {
    return this.#returned.has(key);
  }

  /** Settles when somebody has had the key since, or has had time enough, or nobody cares any more. */
  async pass(key: string, look: () => Awaitable<Row | undefined>, signal: AbortSignal): Promise<void> {
    const returned = this.#returned.get(key);
    this.#returned.delete(key);
    if (returned === undefined) return;
    while (systemClock.mono() < returned.until && !signal.aborted) {
      await pause(LOOK_EVERY_MS);
      const row = await look();
      if (row === undefined || row.last > returned.last) return;
    }
  }
}
