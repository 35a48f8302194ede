/*
 * The arithmetic of leases. All in ms; `sent` is monotonic time just before an acquire or renewal was written, so
 * that a slow answer shortens the lease as its holder sees it and never lengthens it.
 */

/** Shortest and longest lease. */
export const MIN_LEASE_MS = 150;
export const MAX_LEASE_MS = 24 * 60 * 60 * 1000;

/** Bound on one call to a store. */
export const OPERATION_TIMEOUT_MS = 2_000;

/** What two clocks may drift apart within one lease. */
export function driftMs(leaseMs: number): number {
  return Math.max(5, leaseMs / 100);
}

/** When a lease asked for at `sent` ends for its holder: before it can end at the store. */
export function deadlineOf(sent: number, leaseMs: number): number {
  return sent + leaseMs - driftMs(leaseMs);
}

/** How long before the deadline the holder is told, so that it can stop while it is still alone. */
export function marginMs(leaseMs: number): number {
  return Math.min(Math.max(50, leaseMs / 10), leaseMs / 5);
}

/** Pause between two renewals; ± 10 %, so that a fleet that started together does not renew together. */
export function renewEveryMs(leaseMs: number, random: () => number = Math.random): number {
  return (leaseMs / 3) * (0.9 + 0.2 * random());
}

/** Bound on one renewal: two of them fit between the first failure and the deadline. */
export function renewTimeoutMs(leaseMs: number): number {
  return Math.min(leaseMs / 6, OPERATION_TIMEOUT_MS);
}
