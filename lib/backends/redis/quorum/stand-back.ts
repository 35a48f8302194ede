import { systemClock } from '../../../core/clock.js';

/** How long a process may go on taking a key before others, who look only now and then, have a chance. */
const TENURE_MS = 25;
const PAUSE_MS = 5;

interface Tenure {
  readonly since: number;
  readonly until: number;
}

/**
 * Independent servers know no common queue, and who has just released a key is quickest to ask for it again. So a process
 * that has had a key to itself for a while leaves it alone for a moment.
 */
export class StandBack {
  readonly #tenures = new Map<string, Tenure>();

  released(key: string, grantedAt: number): void {
    const until = performance.now();
    const before = this.#tenures.get(key);
    // Oldest first: no later hold can follow so close on what was given back before that, unless it is long by itself.
    for (const [old, tenure] of this.#tenures) {
      if (until - tenure.until < TENURE_MS + PAUSE_MS) break;
      this.#tenures.delete(old);
    }
    const since = before && grantedAt - before.until < PAUSE_MS ? before.since : grantedAt;
    this.#tenures.delete(key);
    this.#tenures.set(key, { since, until });
  }

  async pass(key: string): Promise<void> {
    const tenure = this.#tenures.get(key);
    if (tenure === undefined || tenure.until - tenure.since < TENURE_MS) return;
    this.#tenures.delete(key);
    const left = tenure.until + PAUSE_MS * (0.75 + Math.random() / 2) - performance.now();
    if (left > 0) await new Promise<void>((resolve) => systemClock.setTimer(resolve, left, true));
  }
}
