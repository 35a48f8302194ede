import { Redis } from 'ioredis';
import Redlock, { ExecutionError, type Lock } from 'redlock';
import { heldUntil } from '../support/contestant.js';
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
      // Once: it would ask again and again for what it no longer holds.
      return () => heldUntil(redlock.release(lock, { retryCount: 0 }), ExecutionError);
    },
    close: () => redlock.quit(),
  };
}
