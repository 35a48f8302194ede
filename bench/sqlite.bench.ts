import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bench, Figures, Measure, Scale } from './support/bench.js';
import { inChild } from './support/child.js';
import { crowdFigures, twoInside } from './support/crowd.figures.js';
import { StartingLine } from './support/starting-line.js';
import { barePairs, crowd, lockedPairs } from './sqlite.work.js';

const PROCESSES = 4;
const WORKERS = 25;

async function inFolder<T>(work: (file: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'nestjs-locked-bench-'));
  try {
    return await work(join(folder, 'locks.db'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const bare: Measure = ({ ms }) => inFolder((file) => inChild('sqlite.work', barePairs, { file, ms }));
const locked: Measure = ({ ms }) => inFolder((file) => inChild('sqlite.work', lockedPairs, { file, ms }));

async function bareRate(scale: Scale): Promise<Figures> {
  const { 'pairs/s': rate = NaN } = await bare(scale);
  return { 'grants/s': rate };
}

async function contended({ ms }: Scale): Promise<Figures> {
  return await inFolder(async (file) => {
    const input = { file, key: 'key', ms, workers: WORKERS };
    const line = new StartingLine(PROCESSES);
    const results = await Promise.all(
      Array.from({ length: PROCESSES }, () => inChild('sqlite.work', crowd, input, line)),
    );
    const logs = results.map(({ log }) => log);
    if (twoInside(logs) > 0) throw new Error('two were inside at once');
    const grants = logs.reduce((sum, { granted }) => sum + granted.length, 0);
    const statements = results.reduce((sum, result) => sum + result.statements, 0);
    return { ...crowdFigures(logs, input), 'statements/grant': statements / grants };
  });
}

export const sqliteUncontended: Bench = {
  name: 'SQLite, one process, one key, nobody else wants it',
  settings: 'the same table, WAL, synchronous = NORMAL, file in the temporary folder',
  contestants: {
    'bare INSERT + DELETE': bare,
    'acquire + release': locked,
  },
};

export const sqliteContended: Bench = {
  name: `SQLite, one key, ${String(PROCESSES)} processes × ${String(WORKERS)} workers, empty section`,
  settings: 'WAL, synchronous = NORMAL; default hand-over: 64 turns, 25 ms; statements counted beneath the driver',
  contestants: { 'bare INSERT + DELETE, 1 process': bareRate, 'acquire + release': contended },
};
