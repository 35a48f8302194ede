import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bench, Figures } from './support/bench.js';
import { inChild } from './support/child.js';
import { jain, percentile } from './support/statistics.js';
import { barePairs, crowd, lockedPairs } from './sqlite.work.js';

const PROCESSES = 4;
const WORKERS = 25;
const MEASURED_MS = 2_000;
const START_IN_MS = 1_500;

async function inFolder<T>(work: (file: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'nestjs-locked-bench-'));
  try {
    return await work(join(folder, 'locks.db'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const bare = (): Promise<Figures> => inFolder((file) => inChild('sqlite.work', barePairs, { file, ms: MEASURED_MS }));

async function bareRate(): Promise<Figures> {
  const { 'pairs/s': rate = NaN } = await bare();
  return { 'pairs/s': rate };
}

async function contended(): Promise<Figures> {
  return await inFolder(async (file) => {
    const input = { file, ms: MEASURED_MS, workers: WORKERS, startAt: Date.now() + START_IN_MS };
    const results = await Promise.all(Array.from({ length: PROCESSES }, () => inChild('sqlite.work', crowd, input)));
    const grants = results.flatMap((result) => result.grants);
    const total = grants.reduce((a, b) => a + b, 0);
    const waits = results.flatMap((result) => result.waitsMs);
    return {
      'pairs/s': total / (MEASURED_MS / 1000),
      'wait p50 ms': percentile(waits, 50),
      'wait p99 ms': percentile(waits, 99),
      Jain: jain(grants),
      'least/most': Math.min(...grants) / Math.max(...grants),
      'statements/grant': results.reduce((sum, result) => sum + result.statements, 0) / total,
    };
  });
}

export const sqliteUncontended: Bench = {
  name: 'SQLite, one process, one key, nobody else wants it',
  settings: 'the same table, WAL, synchronous = NORMAL, file in the temporary folder',
  contestants: {
    'bare INSERT + DELETE': bare,
    'acquire + release': () => inFolder((file) => inChild('sqlite.work', lockedPairs, { file, ms: MEASURED_MS })),
  },
};

export const sqliteContended: Bench = {
  name: `SQLite, one key, ${String(PROCESSES)} processes × ${String(WORKERS)} workers, empty section`,
  settings: 'WAL, synchronous = NORMAL; default hand-over: 64 turns, 25 ms; statements counted beneath the driver',
  contestants: { 'bare INSERT + DELETE, 1 process': bareRate, 'acquire + release': contended },
};
