import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { Contestant, ContestantSettings } from '../support/contestant.js';

const COMPARE_AND_DELETE = "return redis.call('GET', KEYS[1]) == ARGV[1] and redis.call('DEL', KEYS[1]) or 0";

/** The least that a lock in Redis can cost: `SET NX PX` until it succeeds, compare and delete. */
export function open({ url, leaseMs, waitMs, retryMs }: ContestantSettings): Contestant {
  const client = new Redis(url, { scripts: { giveBack: { lua: COMPARE_AND_DELETE, numberOfKeys: 1 } } });
  // What ioredis makes of a script is not in its types.
  const scripts = client as Redis & { giveBack(key: string, owner: string): Promise<number> };
  return {
    acquire: async (key) => {
      const owner = randomUUID();
      const until = performance.now() + waitMs;
      while ((await client.set(key, owner, 'PX', leaseMs, 'NX')) === null) {
        if (performance.now() > until) return undefined;
        await pause(retryMs);
      }
      return async () => (await scripts.giveBack(key, owner)) === 1;
    },
    close: async () => {
      await client.quit();
    },
  };
}
