import { Redis } from 'ioredis';
import { createLock, IoredisAdapter, LockAcquisitionError, type LockHandle } from 'redlock-universal';
import type { Contestant, ContestantSettings } from '../support/contestant.js';

/** In the mode that its documentation calls the fastest. */
export function open({ url, leaseMs, waitMs, retryMs }: ContestantSettings): Contestant {
  const client = new Redis(url);
  const options = {
    adapter: new IoredisAdapter(client),
    ttl: leaseMs,
    retryAttempts: Math.ceil(waitMs / retryMs),
    retryDelay: retryMs,
    performance: 'lean' as const,
  };
  return {
    acquire: async (key) => {
      const lock = createLock({ ...options, key });
      let handle: LockHandle;
      try {
        handle = await lock.acquire();
      } catch (error) {
        if (error instanceof LockAcquisitionError) return undefined;
        throw error;
      }
      return () => lock.release(handle);
    },
    close: async () => {
      await client.quit();
    },
  };
}
