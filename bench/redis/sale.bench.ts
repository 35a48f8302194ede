import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bench } from '../support/bench.js';
import { inChild } from '../support/child.js';
import { mustNotHappen, weMustNot } from '../support/entrant.js';
import { StartingLine } from '../support/starting-line.js';
import { contendedField, PEER_SETTINGS, type Run } from './field.js';
import { commandsSent, scriptCommandsOf } from './commands.js';
import { onRedis } from './on-redis.js';
import { buy } from './sale.work.js';

const PROCESSES = 4;
const BUYERS = 500;
const STOCK = 100;
const WAIT_MS = 60_000;

const sale: Run = async (entrant) => {
  const folder = await mkdtemp(join(tmpdir(), 'nestjs-locked-bench-'));
  const file = join(folder, 'stock');
  await writeFile(file, Int32Array.of(STOCK));
  try {
    return await onRedis(async ({ url, client }) => {
      const inScripts = await scriptCommandsOf(entrant.module, url);
      const line = new StartingLine(PROCESSES);
      const input = { ...entrant, url, file, buyers: BUYERS, leaseMs: 10_000, waitMs: WAIT_MS };
      const [before, results] = await Promise.all([
        line.startAt.then(() => commandsSent(client, inScripts)),
        Promise.all(Array.from({ length: PROCESSES }, () => inChild('redis/sale.work', buy, input, line))),
      ]);
      const sent = (await commandsSent(client, inScripts)) - before;
      const oversold = results.reduce((sum, { sold }) => sum + sold, 0) - STOCK;
      const timedOut = results.reduce((sum, result) => sum + result.timedOut, 0);
      const expired = results.reduce((sum, result) => sum + result.expired, 0);
      mustNotHappen('more was sold than was there', Math.max(0, oversold), entrant);
      weMustNot('a buyer was not served in time', timedOut, entrant);
      weMustNot('a lease ended before it was given back', expired, entrant);
      return {
        'elapsed ms': Math.max(...results.map(({ elapsedMs }) => elapsedMs)),
        'commands/buyer': sent / (PROCESSES * BUYERS),
        oversold,
        'timed out': timedOut,
        expired,
      };
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

export const redisSale: Bench = {
  name: `Redis, flash sale: ${String(PROCESSES)} processes × ${String(BUYERS)} buyers, stock ${String(STOCK)}`,
  settings: `1 ms inside; wait ${String(WAIT_MS / 1000)} s; pollers at the best of 1, 10 and 50 ms; ${PEER_SETTINGS}`,
  better: 'less',
  contestants: contendedField(sale),
};
