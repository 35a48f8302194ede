import { LockUsageError } from '../core/errors.js';
import type { Lease } from '../core/lease.js';
import type { LeaseSet } from '../core/lease-set.js';
import type { FencingToken } from './fencing-token.js';
import { checkedKind, parseFencingToken } from './parse-fencing-token.js';

/** What a guard takes: one token or lease, or several. */
export type Fence = FencingToken | LeaseSet | readonly FencingToken[];

/**
 * The tokens of `fence` in locking order: who guards the same keys locks their rows in the same order.
 *
 * @throws LockLostError or LockUsageError of a lease that is not held any more; LockUsageError for what is no token
 */
export function fencesOf(fence: Fence): FencingToken[] {
  const given = listOf(fence);
  if (given.length === 0) throw new LockUsageError('There is no token to guard by: the list is empty.');
  return given.map(checked).sort(inLockingOrder);
}

function listOf(fence: Fence): readonly FencingToken[] {
  if (Array.isArray(fence)) return fence as readonly FencingToken[];
  const { leases } = Object(fence) as { leases?: unknown };
  // What is none of these is told by the one that reads it.
  return Array.isArray(leases) ? (leases as readonly FencingToken[]) : [fence as FencingToken];
}

function checked(fence: FencingToken): FencingToken {
  if (!isLease(fence)) return parseFencingToken(fence);
  fence.assertHeld();
  return { storeKey: fence.storeKey, token: fence.token, backend: checkedKind(fence.backend) };
}

/** What was read from JSON never is: it has no methods. */
function isLease(fence: FencingToken): fence is Lease {
  return typeof (Object(fence) as { assertHeld?: unknown }).assertHeld === 'function';
}

/** By bytes; of one key the largest token first, so that a stale one behind it is found out. */
function inLockingOrder(a: FencingToken, b: FencingToken): number {
  return Buffer.compare(Buffer.from(a.storeKey), Buffer.from(b.storeKey)) || (a.token < b.token ? 1 : -1);
}
