import { AsyncLocalStorage } from 'node:async_hooks';
import { LockUsageError } from './errors.js';
import type { Lease } from './lease.js';
import type { LiveLease } from './live-lease.js';

/** One lease of the running work, and those around it. */
export interface LeaseScope {
  readonly locker: object;
  readonly lease: LiveLease;
  readonly outer: LeaseScope | undefined;
}

const scopes = new AsyncLocalStorage<LeaseScope | undefined>();

/** Runs `work` as the one that holds `leases`. */
export function runHolding<T>(locker: object, leases: readonly LiveLease[], work: () => T): T {
  let scope = scopes.getStore();
  for (const lease of leases) scope = { locker, lease, outer: scope };
  return scopes.run(scope, work);
}

/** The live lease on this key of this locker that the running work holds, if any. */
export function findOwnLease(locker: object, storeKey: string): LiveLease | undefined {
  return find((scope) => scope.locker === locker && scope.lease.storeKey === storeKey && scope.lease.isLive);
}

/** Whether the running work takes part in `lease` by having joined it, at whatever depth. */
export function runsBelow(lease: LiveLease): boolean {
  return find((scope) => scope.lease.isBelow(lease)) !== undefined;
}

/**
 * The lease of the running method: the one on `key`, or the innermost.
 *
 * @throws LockUsageError outside of a `@Locked` method or `using`, or when the running one holds another key
 */
export function currentLease(key?: string): Lease {
  const lease = findCurrentLease(key);
  if (lease) return lease;
  const where = 'Call it inside a @Locked method or inside using(), in the same async context.';
  throw new LockUsageError(`No lease is held here${key === undefined ? '' : ' on this key'}. ${where}`, { key });
}

/** As {@link currentLease}, but `undefined` outside. A lease that was lost is still found: ask its `state`. */
export function findCurrentLease(key?: string): Lease | undefined {
  return find(
    ({ lease }) => lease.state !== 'released' && (key === undefined || lease.key === key || lease.storeKey === key),
  );
}

/** Runs `work` outside of every lease of the running method: locks that it takes are its own. */
export function detached<T>(work: () => T): T {
  return scopes.run(undefined, work);
}

function find(wanted: (scope: LeaseScope) => boolean): LiveLease | undefined {
  for (let scope = scopes.getStore(); scope; scope = scope.outer) if (wanted(scope)) return scope.lease;
  return undefined;
}
