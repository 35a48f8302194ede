import { Redis } from 'ioredis';
import Redlock, { ExecutionError, type Lock } from 'redlock';
import type { Contestant, ContestantSettings } from '../support/contestant.js';

export function open({ url, leaseMs, waitMs, retryMs }: ContestantSettings): Contestant {
  const client = new Redis(url);
  const retryCount = Math.ceil(waitMs / retryMs);
  const redlock = new Redlock([client], { retryCount, retryDelay: retryMs, retryJitter: retryMs / 2 });
  return {
    acquire: async (key) => {
      let lock: Lock;
      try {
        lock = await redlock.acquire([key], leaseMs);
      } catch (error) {
        if (error instanceof ExecutionError) return undefined;
        throw error;
      }
      return async () => {
        await lock.release();
      };
    },
    close: () => redlock.quit(),
  };
}
