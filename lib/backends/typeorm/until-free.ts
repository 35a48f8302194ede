import { systemClock } from '../../core/clock.js';
import type { LockTable } from './lock-table.js';
import { jittered } from './back-off.js';
import type { Operate } from './sql.hold.js';

/** How long a word of waiting holds. A waiter that died is told for nothing once, within this time. */
const WANTED_MS = 5_000;
/** A telling can get lost, and a holder can die: so often a waiter looks by itself. */
const LOOK_EVERY_MS = 1_000;
/** Where nothing is told a waiter polls: at once every ms, later less often. Its wait grows by an eighth for it. */
const SHORTEST_POLL_MS = 1;
const LONGEST_POLL_MS = 100;
const POLL_SHARE = 1 / 8;

/**
 * Settles when a release is told, when nobody holds the key, or when the signal aborts. Listens first, then leaves word: a
 * release before the word is seen by it, and one after it finds the word and tells.
 */
export async function untilFree(table: LockTable, key: string, operate: Operate, signal: AbortSignal): Promise<void> {
  const bell = new Bell();
  const since = systemClock.mono();
  const ring = (): void => {
    bell.ring();
  };
  const listener = table.listen(key, ring);
  signal.addEventListener('abort', ring);
  try {
    while (!signal.aborted) {
      const remainingMs = await operate((now) => now.want(key, WANTED_MS));
      if (remainingMs === undefined) return;
      const pace = listener.hears ? LOOK_EVERY_MS : pollAfter(systemClock.mono() - since);
      // Told: whoever asks for it now finds out whether it is still free.
      if (await bell.rings(Math.min(remainingMs, jittered(pace)))) return;
    }
  } finally {
    signal.removeEventListener('abort', ring);
    listener.close();
  }
}

function pollAfter(waitedMs: number): number {
  return Math.min(Math.max(waitedMs * POLL_SHARE, SHORTEST_POLL_MS), LONGEST_POLL_MS);
}

/** Wakes one sleeper, once; a ring before it sleeps is not forgotten. */
class Bell {
  #rung = false;
  #wake: (() => void) | undefined;

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /** Settles when it rings, or after `ms` without. */
  async rings(ms: number): Promise<boolean> {
    if (!this.#rung) {
      await new Promise<void>((resolve) => {
        const timer = systemClock.setTimer(resolve, ms);
        this.#wake = () => {
          timer.cancel();
          resolve();
        };
      });
    }
    return this.#rung;
  }
}
