import { runHolding } from './current-lease.js';
import { LockBusyError, LockLostError, LockTimeoutError } from './errors.js';
import type { LiveLease } from './live-lease.js';
import type { Settings } from './options.js';

/** What the caller gets when the key stayed taken; every other error is thrown on. */
export async function answerBusy(error: unknown, { onBusy }: Settings): Promise<unknown> {
  const taken = error instanceof LockBusyError || error instanceof LockTimeoutError;
  if (!taken || onBusy === 'throw') throw error;
  return onBusy === 'skip' ? undefined : await onBusy(error);
}

/** Does the work inside its leases and ends them; the work's own error always wins. */
export async function perform(
  locker: object,
  leases: readonly LiveLease[],
  settings: Settings,
  work: () => unknown,
): Promise<unknown> {
  let result: unknown;
  try {
    result = await runHolding(locker, leases, work);
  } catch (error) {
    await endAll(leases);
    throw error;
  }
  const lost = await endAll(leases);
  if (lost && settings.onLost === 'throw') {
    const { storeKey: key, backend, lostReason } = lost;
    throw new LockLostError(lostReason ?? 'taken', { key, backend, completed: true, result });
  }
  return result;
}

/**
 * Ends the leases in reverse order. A release that fails is no reason to fail work that was done while the lease held:
 * it is reported, and repeated in the background.
 *
 * @returns a lease that had been lost, if any
 */
async function endAll(leases: readonly LiveLease[]): Promise<LiveLease | undefined> {
  let lost: LiveLease | undefined;
  for (let i = leases.length - 1; i >= 0; i--) {
    const lease = leases[i];
    if (!lease) continue;
    const { isShared } = lease;
    const end = lease.release().then(
      (result) => {
        if (!result.released) lost ??= lease;
      },
      (error: unknown) => {
        lease.report(error);
      },
    );
    // Work that joined it goes on: the key goes back with the last of them, and the caller need not wait for that.
    if (!isShared) await end;
    else if (lease.findLoss()) lost ??= lease;
  }
  return lost;
}
