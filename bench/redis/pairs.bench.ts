import type { Bench } from '../support/bench.js';
import { inChild } from '../support/child.js';
import { PEER_SETTINGS, uncontendedField } from './field.js';
import { scriptCommandsOf } from './commands.js';
import { onRedis } from './on-redis.js';
import { manyPairs, onePair } from './pairs.work.js';

const KEYS = 64;
const TIMES = { leaseMs: 10_000, waitMs: 15_000 };

export const redisUncontended: Bench = {
  name: 'Redis, one process, one key, nobody else wants it',
  settings: `commands counted by the server; ${PEER_SETTINGS}`,
  contestants: uncontendedField((entrant, { ms }) =>
    onRedis(async ({ url }) => {
      const inScripts = await scriptCommandsOf(entrant.module, url);
      return await inChild('redis/pairs.work', onePair, { ...entrant, ...TIMES, url, inScripts, ms });
    }),
  ),
};

export const redisDistinct: Bench = {
  name: `Redis, one process, ${String(KEYS)} workers, each on a key of its own`,
  settings: `commands counted by the server; ${PEER_SETTINGS}`,
  contestants: uncontendedField((entrant, { ms }) =>
    onRedis(async ({ url }) => {
      const inScripts = await scriptCommandsOf(entrant.module, url);
      return await inChild('redis/pairs.work', manyPairs, { ...entrant, ...TIMES, url, inScripts, ms, keys: KEYS });
    }),
  ),
};
