import { randomUUID } from 'node:crypto';
import Database from 'better-sqlite3';
import { Locker } from 'nestjs-locked/core';
import { lockTableDdl, sqlite } from 'nestjs-locked/typeorm';
import type { Figures } from './support/bench.js';
import { type Crowd, type CrowdLog, runCrowd } from './support/crowd.js';
import { asContestant } from './support/locker.contestant.js';
import { timePairs } from './support/pairs.js';

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
  const figures = await timePairs(ms, () => {
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
  const figures = await timePairs(ms, async () => {
    const lease = await locks.acquire('key');
    await lease.release();
  });
  await locks.close();
  return figures;
}

export interface SqliteCrowd extends Crowd, Place {
  readonly ms: number;
}

export interface SqliteCrowdResult {
  readonly log: CrowdLog;
  readonly statements: number;
}

/** Workers of one process that all want one key, with nothing to do once they have it. */
export async function crowd({ file, ...crowd }: SqliteCrowd): Promise<SqliteCrowdResult> {
  const statements = countStatements();
  const locks = new Locker(sqlite({ file }), { wait: '60s' });
  await locks.using(`warm-up ${String(process.pid)}`, () => undefined);
  const before = statements();
  const log = await runCrowd(asContestant(locks), crowd);
  const used = statements() - before;
  await locks.close();
  return { log, statements: used };
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
