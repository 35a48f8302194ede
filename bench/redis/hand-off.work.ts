import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { monotonicMs, untilMonotonic } from '../support/monotonic.js';

export interface Messages {
  readonly url: string;
  readonly startAt: number;
  readonly ms: number;
  readonly everyMs: number;
}

/** Sends the time. */
export async function publish({ url, startAt, ms, everyMs }: Messages): Promise<void> {
  const client = new Redis(url);
  await untilMonotonic(startAt);
  while (monotonicMs() < startAt + ms) {
    await pause(everyMs);
    await client.publish('channel', String(monotonicMs()));
  }
  await client.quit();
}

/** @returns how long each message was on its way, in ms */
export async function subscribe({ url, startAt, ms }: Messages): Promise<number[]> {
  const client = new Redis(url);
  const delays: number[] = [];
  client.on('message', (_, sentAt: string) => delays.push(monotonicMs() - Number(sentAt)));
  await client.subscribe('channel');
  await untilMonotonic(startAt + ms);
  await client.quit();
  return delays;
}
