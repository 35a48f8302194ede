import { E_LOCK_NOT_OWNED, Verrou } from '@verrou/core';
import { redisStore } from '@verrou/core/drivers/redis';
import { Redis } from 'ioredis';
import { heldUntil } from '../support/contestant.js';
import type { Contestant, ContestantSettings } from '../support/contestant.js';

export function open({ url, leaseMs, waitMs, retryMs }: ContestantSettings): Contestant {
  const client = new Redis(url);
  const verrou = new Verrou({ default: 'redis', stores: { redis: { driver: redisStore({ connection: client }) } } });
  const retry = { delay: retryMs, timeout: waitMs };
  return {
    acquire: async (key) => {
      const lock = verrou.createLock(key, leaseMs);
      return (await lock.acquire({ retry })) ? () => heldUntil(lock.release(), E_LOCK_NOT_OWNED) : undefined;
    },
    close: async () => {
      await client.quit();
    },
  };
}
