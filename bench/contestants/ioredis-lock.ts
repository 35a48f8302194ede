import { Redis } from 'ioredis';
import { createLock, LockAcquisitionError } from 'ioredis-lock';
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
      return async () => {
        await lock.release();
      };
    },
    close: async () => {
      await client.quit();
    },
  };
}
