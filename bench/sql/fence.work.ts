import { Locker } from 'nestjs-locked/core';
import { fenceTableDdl } from 'nestjs-locked/fencing';
import { memory } from 'nestjs-locked/memory';
import { fencedTransaction } from 'nestjs-locked/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import type { Figures } from '../support/bench.js';
import { timePairs } from '../support/pairs.js';
import { engineOf } from './database.js';
import { countStatements } from './statements.js';

export interface Transactions {
  readonly url: string;
  readonly ms: number;
  readonly fenced: boolean;
}

/** One transaction after another, which changes one row and commits. */
export async function sell({ url, ms, fenced }: Transactions): Promise<Figures> {
  const statements = countStatements();
  const engine = engineOf(url);
  const dataSource = new DataSource({ type: engine, url });
  await dataSource.initialize();
  await dataSource.query(fenceTableDdl(engine));
  await dataSource.query('CREATE TABLE stock (id integer PRIMARY KEY, pieces integer NOT NULL)');
  await dataSource.query('INSERT INTO stock VALUES (1, 0)');
  // Of another store, so that its renewals are not counted.
  const locks = new Locker(memory());
  const lease = await locks.acquire('stock', { lease: '1h' });
  const change = async (manager: EntityManager): Promise<void> => {
    await manager.query('UPDATE stock SET pieces = pieces + 1 WHERE id = 1');
  };
  let transactions = 0;
  const transaction = async (): Promise<void> => {
    await (fenced ? fencedTransaction(dataSource, lease, change) : dataSource.transaction(change));
    transactions++;
  };
  // Makes the fence's row.
  await transaction();
  transactions = 0;
  const before = statements();
  const { 'p50 µs': p50 = NaN, 'p99 µs': p99 = NaN, 'pairs/s': rate = NaN } = await timePairs(ms, transaction);
  const sent = statements() - before;
  await lease.release();
  await Promise.all([locks.close(), dataSource.destroy()]);
  return { 'p50 µs': p50, 'p99 µs': p99, 'transactions/s': rate, statements: sent / transactions };
}
