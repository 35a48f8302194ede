import { setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Redis } from 'ioredis';
import { Locker } from 'nestjs-locked/core';
import { redis } from 'nestjs-locked/redis';
import { monotonicMs } from '../support/monotonic.js';
import { started } from '../support/starting-line.js';

const SAMPLE_MS = 1_000;

export interface Drift {
  readonly url: string;
  readonly workers: number;
  readonly ms: number;
}

export interface DriftResult {
  readonly grants: number;
  /** How far tokens were ahead of the server's clock, in ms: a sample a second. */
  readonly leadsMs: readonly number[];
}

/** Hands one key over all the time, and looks how far its tokens have run ahead of the time that they are made from. */
export async function drift({ url, workers, ms }: Drift): Promise<DriftResult> {
  const locks = new Locker(redis({ url }), { wait: '60s' });
  const client = new Redis(url);
  await locks.using('warm-up', () => undefined);
  const leadsMs: number[] = [];
  let grants = 0;
  let sampleAt = (await started()) + SAMPLE_MS;
  const until = sampleAt - SAMPLE_MS + ms;
  const worker = async (): Promise<void> => {
    while (monotonicMs() < until) {
      const lease = await locks.acquire('key');
      grants++;
      if (monotonicMs() > sampleAt) {
        sampleAt = monotonicMs() + SAMPLE_MS;
        leadsMs.push(Number(lease.token) / 1000 - (await serverMs(client)));
      }
      await lease.release();
    }
  };
  await Promise.all(Array.from({ length: workers }, worker));
  client.disconnect();
  await locks.close();
  return { grants, leadsMs };
}

async function serverMs(client: Redis): Promise<number> {
  const [seconds = NaN, micros = NaN] = await client.time();
  return seconds * 1000 + micros / 1000;
}

export interface Leaks {
  readonly url: string;
  readonly grants: number;
  readonly keys: number;
}

export interface LeaksResult {
  readonly heapBefore: number;
  readonly heapAfter: number;
  readonly serverBefore: number;
  readonly serverAfter: number;
  /** Keys on the server that are no token floors. */
  readonly left: number;
}

const WORKERS = 500;
const FLOOR = 'nestjs-locked:floor';
/** Redis gives back tables and buffers some time after their last use. */
const SHRINK_MS = 5_000;

/** Takes and gives back many keys, then compares what is left in client and server with what was there before. */
export async function leaks({ url, grants, keys }: Leaks): Promise<LeaksResult> {
  const locks = new Locker(redis({ url }));
  const client = new Redis(url);
  const grantMany = async (count: number): Promise<void> => {
    let next = 0;
    const worker = async (): Promise<void> => {
      for (let i = next++; i < count; i = next++) await locks.using(`key ${i % keys}`, () => undefined);
    };
    await Promise.all(Array.from({ length: WORKERS }, worker));
  };
  // What it compiles and what its pools grow to is no leak.
  await grantMany(Math.ceil(grants / 10));
  await withoutFloors(client);
  const [heapBefore, serverBefore] = [heapUsed(), await serverUsed(client)];
  await grantMany(grants);
  const left = await withoutFloors(client);
  const [heapAfter, serverAfter] = [heapUsed(), await serverUsed(client)];
  client.disconnect();
  await locks.close();
  return { heapBefore, heapAfter, serverBefore, serverAfter, left };
}

/** Ends the floors now instead of in a day, gives Redis the time to shrink, and counts the other keys. */
async function withoutFloors(client: Redis): Promise<number> {
  for await (const found of client.scanStream({ match: `${FLOOR}*`, count: 10_000 })) {
    const floors = found as string[];
    if (floors.length > 0) await client.del(floors);
  }
  await pause(SHRINK_MS);
  return await client.dbsize();
}

/** Without the log of slow commands, which keeps those with many keys. */
async function serverUsed(client: Redis): Promise<number> {
  await client.slowlog('RESET');
  return Number(/^used_memory:(\d+)/m.exec(await client.info('memory'))?.[1]);
}

/** After a collection, which V8 does on demand only when told by a flag. */
function heapUsed(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  return process.memoryUsage().heapUsed;
}
