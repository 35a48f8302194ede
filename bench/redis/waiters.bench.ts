import type { Bench } from '../support/bench.js';
import { inChild } from '../support/child.js';
import { untilMonotonic } from '../support/monotonic.js';
import { StartingLine } from '../support/starting-line.js';
import { fieldAt, ourField, PEER_SETTINGS, type Run } from './field.js';
import { commandsSent, scriptCommandsOf } from './commands.js';
import { onRedis } from './on-redis.js';
import { hold, wait } from './waiters.work.js';

const PROCESSES = 4;
const WAITERS = 100;
const RETRY_MS = 50;
/** Until all have asked. */
const SETTLE_MS = 1_000;
/** Of the timed span of the other benches: what is looked for is rare. */
const TIMES = 5;

const busyKey: Run = async (entrant, { ms }) => {
  return await onRedis(async ({ url, client }) => {
    const inScripts = await scriptCommandsOf(entrant.module, url);
    const countedMs = TIMES * ms;
    const busyMs = countedMs + 2 * SETTLE_MS;
    const input = { ...entrant, url, busyMs, waiters: WAITERS, leaseMs: 2 * busyMs, waitMs: 2 * busyMs + 60_000 };
    const line = new StartingLine(1 + PROCESSES);
    const sentAfter = async (afterMs: number): Promise<number> => {
      await untilMonotonic((await line.startAt) + afterMs);
      return await commandsSent(client, inScripts);
    };
    const [before, after] = await Promise.all([
      sentAfter(SETTLE_MS),
      sentAfter(SETTLE_MS + countedMs),
      inChild('redis/waiters.work', hold, input, line),
      ...Array.from({ length: PROCESSES }, () => inChild('redis/waiters.work', wait, input, line)),
    ]);
    return { 'commands/s per process': (after - before) / (countedMs / 1000) / PROCESSES };
  });
};

export const redisWaiters: Bench = {
  name: `Redis, ${String(PROCESSES)} processes × ${String(WAITERS)} waiters on a key that stays busy`,
  settings: `what waiting costs; pollers at ${String(RETRY_MS)} ms, their cheapest; ${PEER_SETTINGS}`,
  contestants: { ...fieldAt(RETRY_MS, busyKey), ...ourField(busyKey) },
};
