import type { Bench } from '../support/bench.js';
import { inChild } from '../support/child.js';
import { startTogether, untilMonotonic } from '../support/monotonic.js';
import { fieldAt, ourField, PEER_SETTINGS, type Run, scriptCommandsOf } from './field.js';
import { commandsSent, onRedis } from './on-redis.js';
import { hold, wait } from './waiters.work.js';

const PROCESSES = 4;
const WAITERS = 100;
const RETRY_MS = 50;
/** Until all have asked. */
const SETTLE_MS = 1_000;
/** Of the timed span of the other benches: what is looked for is rare. */
const TIMES = 5;

const busyKey: Run = async (entrant, { ms }) => {
  const inScripts = await scriptCommandsOf(entrant);
  return await onRedis(async ({ url, client }) => {
    const startAt = startTogether();
    const [from, to] = [startAt + SETTLE_MS, startAt + SETTLE_MS + TIMES * ms];
    const span = { leaseMs: 2 * (to - from) + 10_000, waitMs: 2 * (to - from) + 60_000 };
    const input = { ...entrant, ...span, url, startAt, until: to + SETTLE_MS, waiters: WAITERS };
    const sentUntil = (at: number): Promise<number> => untilMonotonic(at).then(() => commandsSent(client, inScripts));
    const [before, after] = await Promise.all([
      sentUntil(from),
      sentUntil(to),
      inChild('redis/waiters.work', hold, input),
      ...Array.from({ length: PROCESSES }, () => inChild('redis/waiters.work', wait, input)),
    ]);
    return { 'commands/s per process': (after - before) / ((to - from) / 1000) / PROCESSES };
  });
};

export const redisWaiters: Bench = {
  name: `Redis, ${String(PROCESSES)} processes × ${String(WAITERS)} waiters on a key that stays busy`,
  settings: `what waiting costs; pollers at ${String(RETRY_MS)} ms, their cheapest; ${PEER_SETTINGS}`,
  contestants: { ...fieldAt(RETRY_MS, busyKey), ...ourField(busyKey) },
};
