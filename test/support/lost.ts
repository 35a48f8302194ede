import type { Lease } from '../../lib/core/index.js';

/** Settles with what a lease was lost by, as its holder is told. */
export function lost(lease: Lease): Promise<unknown> {
  return new Promise((resolve) => {
    const tell = (): void => resolve(lease.signal.reason);
    if (lease.signal.aborted) tell();
    else lease.signal.addEventListener('abort', tell);
  });
}
