import { systemClock } from '../../core/clock.js';
import type { LockTable } from './lock-table.js';
import { jittered } from './back-off.js';
import type { Operate } from './sql.hold.js';

/** How long a word of waiting holds. A waiter that died is told for nothing once, within this time. */
const WANTED_MS = 5_000;
/** A telling can get lost, and a holder can die: so often a waiter looks by itself. */
const LOOK_EVERY_MS = 1_000;
/** So often where nothing is told, because the machine lends no more watches. */
const POLL_EVERY_MS = 25;

/**
 * Settles when nobody holds the key, or the signal aborts. Listens first, then leaves word, then looks: a release
 * before the look is seen by it, and one after it finds the word and tells.
 */
export async function untilFree(table: LockTable, key: string, operate: Operate, signal: AbortSignal): Promise<void> {
  const bell = new Bell();
  const ring = (): void => {
    bell.ring();
  };
  const listener = table.listen(key, ring);
  signal.addEventListener('abort', ring);
  try {
    while (!signal.aborted) {
      bell.reset();
      const row = await operate((now) => now.look(key));
      if (row === undefined || row.remainingMs <= 0) return;
      const known = row.wantedMs > WANTED_MS / 2 || (await operate((now) => now.want(key, WANTED_MS)));
      if (!known) return;
      await bell.wait(Math.min(row.remainingMs, jittered(listener.hears ? LOOK_EVERY_MS : POLL_EVERY_MS)));
    }
  } finally {
    signal.removeEventListener('abort', ring);
    listener.close();
  }
}

/** Wakes one sleeper; a ring before it sleeps is not forgotten. */
class Bell {
  #rung = false;
  #wake: (() => void) | undefined;

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  reset(): void {
    this.#rung = false;
  }

  async wait(ms: number): Promise<void> {
    if (this.#rung) return;
    await new Promise<void>((resolve) => {
      const timer = systemClock.setTimer(resolve, ms);
      this.#wake = () => {
        timer.cancel();
        resolve();
      };
    });
    this.#wake = undefined;
  }
}
