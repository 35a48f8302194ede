import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { monotonicMs, untilMonotonic } from '../support/monotonic.js';
import { started } from '../support/starting-line.js';

export interface Messages {
  readonly url: string;
  readonly ms: number;
  readonly everyMs: number;
}

/** Sends the time. */
export async function publish({ url, ms, everyMs }: Messages): Promise<void> {
  const client = new Redis(url);
  const startAt = await started();
  while (monotonicMs() < startAt + ms) {
    await pause(everyMs);
    await client.publish('channel', String(monotonicMs()));
  }
  await client.quit();
}

/** @returns how long each message was on its way, in ms */
export async function subscribe({ url, ms }: Messages): Promise<number[]> {
  const client = new Redis(url);
  const delays: number[] = [];
  client.on('message', (_, sentAt: string) => delays.push(monotonicMs() - Number(sentAt)));
  await client.subscribe('channel');
  await untilMonotonic((await started()) + ms);
  await client.quit();
  return delays;
}
