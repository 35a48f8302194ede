import type { Bench, Scale } from '../support/bench.js';
import { inChild } from '../support/child.js';
import { StartingLine } from '../support/starting-line.js';
import { drift, leaks } from './lasting.work.js';
import { onRedis } from './on-redis.js';

const PROCESSES = 4;
const WORKERS = 25;
const LEAD_MS = 1_000;
const KEYS = 100_000;
const MIB = 2 ** 20;

export const redisDrift: Bench = {
  name: `Redis, one key handed over by ${String(PROCESSES)} processes × ${String(WORKERS)} workers for a long time`,
  settings: `how far tokens run ahead of the server's clock, sampled once a second: must stay below ${String(LEAD_MS)} ms; --drift-seconds`,
  contestants: {
    'nestjs-locked': ({ driftMs }) =>
      onRedis(async ({ url }) => {
        const line = new StartingLine(PROCESSES);
        const input = { url, workers: WORKERS, ms: driftMs };
        const results = await Promise.all(
          Array.from({ length: PROCESSES }, () => inChild('redis/lasting.work', drift, input, line)),
        );
        const lead = Math.max(...results.flatMap(({ leadsMs }) => leadsMs));
        if (!(lead < LEAD_MS)) throw new Error(`tokens ran ${Math.round(lead)} ms ahead of the server's clock`);
        const grants = results.reduce((sum, result) => sum + result.grants, 0);
        return { 'largest lead ms': lead, 'grants/s': grants / (driftMs / 1000) };
      }),
  },
};

const leaksOfOurs = async ({ grants }: Scale): ReturnType<typeof leaks> =>
  onRedis(({ url }) => inChild('redis/lasting.work', leaks, { url, grants, keys: KEYS }));

export const redisMemory: Bench = {
  name: `Redis, many grants on up to ${KEYS.toLocaleString('en')} keys`,
  settings:
    'memory after ÷ before, floors of tokens deleted, which expire in a day; no other key may be left; --grants',
  contestants: {
    'nestjs-locked': async (scale) => {
      const { heapBefore, heapAfter, serverBefore, serverAfter, left } = await leaksOfOurs(scale);
      if (left > 0) throw new Error(`${left} keys that are no floors were left in Redis`);
      return {
        'heap, after ÷ before': heapAfter / heapBefore,
        'heap MiB': heapAfter / MIB,
        'server, after ÷ before': serverAfter / serverBefore,
        'server MiB': serverAfter / MIB,
      };
    },
  },
};
