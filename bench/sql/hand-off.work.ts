import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { monotonicMs, untilMonotonic } from '../support/monotonic.js';
import { started } from '../support/starting-line.js';
import { openDatabase } from './database.js';

export interface Signals {
  readonly url: string;
  readonly ms: number;
  readonly everyMs: number;
}

/** Sends the time. */
export async function notify({ url, ms, everyMs }: Signals): Promise<void> {
  const database = await openDatabase({ url, connections: 1 });
  const startAt = await started();
  while (monotonicMs() < startAt + ms) {
    await pause(everyMs);
    await database.run({ name: 'notify', text: `SELECT pg_notify('channel', ?)` }, [String(monotonicMs())]);
  }
  await database.close();
}

/** @returns how long each telling was on its way, in ms */
export async function listen({ url, ms }: Signals): Promise<number[]> {
  const client = new pg.Client(url);
  const delays: number[] = [];
  client.on('notification', ({ payload }) => delays.push(monotonicMs() - Number(payload)));
  await client.connect();
  await client.query('LISTEN channel');
  await untilMonotonic((await started()) + ms);
  await client.end();
  return delays;
}

/** @returns how long each `SELECT 1` took, in ms */
export async function askNothing({ url, ms, everyMs }: Signals): Promise<number[]> {
  const database = await openDatabase({ url, connections: 1 });
  const delays: number[] = [];
  for (const until = monotonicMs() + ms; monotonicMs() < until;) {
    await pause(everyMs);
    const sentAt = monotonicMs();
    await database.run({ name: 'nothing', text: 'SELECT 1' });
    delays.push(monotonicMs() - sentAt);
  }
  await database.close();
  return delays;
}
