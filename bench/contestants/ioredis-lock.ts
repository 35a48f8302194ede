import { Redis } from 'ioredis';
import { createLock, LockAcquisitionError, LockReleaseError } from 'ioredis-lock';
import { heldUntil } from '../support/contestant.js';
import type { Contestant, ContestantSettings } from '../support/contestant.js';

export function open({ url, leaseMs, waitMs, retryMs }: ContestantSettings): Contestant {
  const client = new Redis(url);
  const options = { timeout: leaseMs, retries: Math.ceil(waitMs / retryMs), delay: retryMs };
  return {
    acquire: async (key) => {
      const lock = createLock(client, options);
      try {
        await lock.acquire(key);
      } catch (error) {
        if (error instanceof LockAcquisitionError) return undefined;
        throw error;
      }
      return () => heldUntil(lock.release(), LockReleaseError);
    },
    close: async () => {
      await client.quit();
    },
  };
}
