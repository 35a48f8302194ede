import { Redis } from 'ioredis';
import { Mutex, TimeoutError } from 'redis-semaphore';
import type { Contestant, ContestantSettings } from '../support/contestant.js';

export function open({ url, leaseMs, waitMs, retryMs }: ContestantSettings): Contestant {
  const client = new Redis(url);
  const options = { lockTimeout: leaseMs, acquireTimeout: waitMs, retryInterval: retryMs };
  return {
    acquire: async (key) => {
      const mutex = new Mutex(client, key, options);
      try {
        await mutex.acquire();
      } catch (error) {
        if (error instanceof TimeoutError) return undefined;
        throw error;
      }
      return async () => {
        await mutex.release();
        return true;
      };
    },
    close: async () => {
      await client.quit();
    },
  };
}
