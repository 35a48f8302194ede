import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { acquireFor, contestantModule } from '../support/contestant.js';

/** Until the waiter waits, and until the monitor has told everything. */
const SETTLE_MS = 100;

/** Looks at one hand-off with MONITOR, for the commands that only scripts of the contestant call. */
export async function onlyInScripts({ module, url }: { module: string; url: string }): Promise<string[]> {
  const contestant = await contestantModule(module);
  const client = new Redis(url);
  // The driver takes a line for an answer when it comes with the very answer to MONITOR: nobody may be connecting then.
  await client.ping();
  const monitor = await client.monitor();
  const byScripts = new Set<string>();
  const byClients = new Set<string>();
  monitor.on('monitor', (_time: string, [name = '']: string[], source: string) => {
    (source === 'lua' ? byScripts : byClients).add(name.toLowerCase());
  });
  const settings = { url, leaseMs: 10_000, waitMs: 5_000, retryMs: 10 };
  const holder = await contestant.open(settings);
  const waiter = await contestant.open(settings);
  const release = await acquireFor(holder, 'probe');
  const granted = acquireFor(waiter, 'probe');
  await pause(SETTLE_MS);
  await release();
  await (
    await granted
  )();
  await pause(SETTLE_MS);
  for (const connection of [monitor, client]) connection.disconnect();
  await Promise.all([holder.close(), waiter.close()]);
  return [...byScripts].filter((name) => !byClients.has(name));
}
