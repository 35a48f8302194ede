import { randomUUID } from 'node:crypto';
import Database from 'better-sqlite3';
import { Locker } from 'nestjs-locked/core';
import { lockTableDdl, sqlite } from 'nestjs-locked/typeorm';
import type { Figures } from './support/bench.js';
import { percentile } from './support/statistics.js';

export interface Place {
  readonly file: string;
  /** How long to measure, in ms. */
  readonly ms: number;
}

/** The least that a lock in a table can cost: a row goes in, the row goes out, on one connection of one process. */
export async function barePairs({ file, ms }: Place): Promise<Figures> {
  const database = new Database(file);
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = NORMAL');
  database.exec(lockTableDdl('better-sqlite3', 'bare'));
  const insert = database.prepare(
    'INSERT INTO bare (name, owner, first_token, last_token, expires_at) VALUES (?, ?, ?, ?, ?)',
  );
  const remove = database.prepare('DELETE FROM bare WHERE name = ? AND owner = ?');
  const figures = await measure(ms, () => {
    const owner = randomUUID();
    const now = Date.now();
    insert.run('key', owner, now * 1000, now * 1000 + 63, now + 10_000);
    remove.run('key', owner);
    return Promise.resolve();
  });
  database.close();
  return figures;
}

export async function lockedPairs({ file, ms }: Place): Promise<Figures> {
  const locks = new Locker(sqlite({ file }));
  const figures = await measure(ms, async () => {
    const lease = await locks.acquire('key');
    await lease.release();
  });
  await locks.close();
  return figures;
}

async function measure(ms: number, pair: () => Promise<void>): Promise<Figures> {
  for (const until = performance.now() + ms / 5; performance.now() < until;) await pair();
  const micros: number[] = [];
  const start = performance.now();
  for (let now = start; now < start + ms;) {
    const before = now;
    await pair();
    now = performance.now();
    micros.push((now - before) * 1000);
  }
  const seconds = (performance.now() - start) / 1000;
  return { 'p50 µs': percentile(micros, 50), 'p99 µs': percentile(micros, 99), 'pairs/s': micros.length / seconds };
}

export interface Crowd extends Place {
  readonly workers: number;
  /** When all processes begin together, in ms since the epoch. */
  readonly startAt: number;
}

export interface CrowdResult {
  /** Grants of each worker. */
  readonly grants: readonly number[];
  readonly statements: number;
  readonly waitsMs: readonly number[];
}

/** Workers of one process that all want one key, with nothing to do once they have it. */
export async function crowd({ file, ms, workers, startAt }: Crowd): Promise<CrowdResult> {
  const statements = countStatements();
  const locks = new Locker(sqlite({ file }));
  await locks.using(`warm-up ${String(process.pid)}`, () => undefined);
  await new Promise((resolve) => setTimeout(resolve, startAt - Date.now()));
  const before = statements();
  const until = performance.now() + ms;
  const waitsMs: number[] = [];
  const worker = async (): Promise<number> => {
    let grants = 0;
    while (performance.now() < until) {
      const asked = performance.now();
      const lease = await locks.acquire('key', { wait: '60s' });
      if (grants++ % 16 === 0) waitsMs.push(performance.now() - asked);
      await lease.release();
    }
    return grants;
  };
  const grants = await Promise.all(Array.from({ length: workers }, worker));
  const used = statements() - before;
  await locks.close();
  return { grants, statements: used, waitsMs };
}

/** Counts what reaches SQLite in this process, beneath every library. */
function countStatements(): () => number {
  let count = 0;
  const database = new Database(':memory:');
  const prototype = Object.getPrototypeOf(database.prepare('SELECT 1')) as Record<
    string,
    (...args: unknown[]) => unknown
  >;
  for (const name of ['run', 'get', 'all']) {
    const original = prototype[name];
    prototype[name] = function (this: unknown, ...args: unknown[]): unknown {
      count++;
      return original?.apply(this, args);
    };
  }
  database.close();
  return () => count;
}
