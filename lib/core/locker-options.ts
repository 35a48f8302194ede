import type { LockBackend } from './backend.js';
import { type Clock, systemClock } from './clock.js';
import { DEFAULT_QUOTA, type Quota } from './context.js';
import { LockOptionsError } from './errors.js';
import type { ConfiguredLockOptions } from './options.js';

/** Defaults for all locks of one Locker, and its limits. */
export interface LockerOptions extends ConfiguredLockOptions {
  /** Name in telemetry; default `default`. */
  readonly name?: string | undefined;
  readonly quota?: Partial<Quota> | undefined;
  /** For tests. */
  readonly clock?: Clock | undefined;
}

/** What only a Locker has, given without types too. */
export function checkOwn(backend: Partial<LockBackend> | undefined, options: LockerOptions | null): void {
  if (typeof backend?.acquire !== 'function') {
    throw new LockOptionsError('backend', 'must be a lock store: what memory() or another backend factory returns.');
  }
  if (typeof options !== 'object' || options === null) throw new LockOptionsError('options', 'must be an object.');
  const { name = 'default', clock = systemClock } = options;
  if (typeof name !== 'string' || name === '')
    throw new LockOptionsError('name', 'must be a string that is not empty.');
  if (typeof (clock as Clock | null)?.setTimer !== 'function') throw new LockOptionsError('clock', 'must be a Clock.');
}

/** Limits that were not given are the defaults. */
export function quotaOf(quota: unknown = {}): Quota {
  if (typeof quota !== 'object' || quota === null) throw new LockOptionsError('quota', 'must be an object.');
  for (const [name, limit] of Object.entries(quota) as [string, unknown][]) {
    if (!Object.hasOwn(DEFAULT_QUOTA, name)) throw new LockOptionsError(`quota.${name}`, 'is unknown here.');
    if (limit === undefined || (typeof limit === 'number' && limit >= 1)) continue;
    throw new LockOptionsError(`quota.${name}`, 'must be a number of at least 1.');
  }
  const given = Object.entries(quota).filter(([, limit]) => limit !== undefined);
  return { ...DEFAULT_QUOTA, ...(Object.fromEntries(given) as Partial<Quota>) };
}
