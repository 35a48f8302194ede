import type { AlarmClock } from './alarm-clock.js';
import type { Store } from './store.js';
import type { Telemetry } from './telemetry.js';

/** Limits of one process. What is beyond them gets LockQuotaError instead of memory. */
export interface Quota {
  /** Keys held at once, those included that are being waited for. */
  readonly held: number;
  /** Callers waiting, over all keys. */
  readonly waiting: number;
  /** Callers waiting for one key. */
  readonly waitingPerKey: number;
}

export const DEFAULT_QUOTA: Quota = { held: 10_000, waiting: 10_000, waitingPerKey: 1_000 };

/** What all lines of one Locker share. */
export interface LockerContext {
  readonly backend: { readonly name: string };
  readonly store: Store;
  readonly clock: AlarmClock;
  readonly telemetry: Telemetry;
  readonly quota: Quota;
  readonly tally: { held: number; waiting: number };
  /** Caps every wait; infinite until the application begins to shut down. */
  longestWaitMs: number;
}
