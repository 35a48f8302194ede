import { subscribe } from 'node:diagnostics_channel';
import { Mutex } from 'async-mutex';
import { Locker } from 'nestjs-locked/core';
import { memory } from 'nestjs-locked/memory';
import type { Bench, Figures } from './support/bench.js';
import { inChild } from './support/child.js';

const WORKERS = 100;
const TURNS = 3_000;

type Lock = (work: () => Promise<void>) => Promise<void>;

/** An unguarded read-modify-write in every turn, with a pause in between: it shows an overlap at once. */
async function turnsPerSecond(lock: Lock, turns: number): Promise<Figures> {
  let counter = 0;
  const work = async (): Promise<void> => {
    const seen = counter;
    await Promise.resolve();
    counter = seen + 1;
  };
  const worker = async (): Promise<void> => {
    for (let turn = 0; turn < turns; turn++) await lock(work);
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: WORKERS }, worker));
  const seconds = (performance.now() - start) / 1000;
  if (counter !== WORKERS * turns) throw new Error(`${String(WORKERS * turns - counter)} updates were lost`);
  return { 'turns/s': counter / seconds };
}

async function warmAndMeasure(lock: Lock): Promise<Figures> {
  await turnsPerSecond(lock, TURNS / 10);
  return await turnsPerSecond(lock, TURNS);
}

export async function asyncMutex(): Promise<Figures> {
  const mutex = new Mutex();
  return await warmAndMeasure((work) => mutex.runExclusive(work));
}

export async function locked(): Promise<Figures> {
  const events = { granted: 0, released: 0 };
  subscribe('nestjs-locked:granted', () => events.granted++);
  subscribe('nestjs-locked:released', () => events.released++);
  const locks = new Locker(memory());
  const figures = await warmAndMeasure((work) => locks.using('key', work));
  await locks.close();
  if (events.granted !== events.released) throw new Error('an event is missing');
  return figures;
}

export const handOver: Bench = {
  name: 'One key, 100 workers, one process, in memory',
  settings: 'tokens, deadlines and telemetry (two subscribers) on; default hand-over: 64 turns, 25 ms',
  contestants: {
    'async-mutex runExclusive': () => inChild('hand-over.bench', asyncMutex, undefined),
    'nestjs-locked using': () => inChild('hand-over.bench', locked, undefined),
  },
};
