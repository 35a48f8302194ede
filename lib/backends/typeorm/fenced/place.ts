import type { DataSource, QueryRunner } from 'typeorm';
import { LockUsageError } from '../../../core/errors.js';
import type { SqlEngine } from '../../../sql/engine.js';
import { sqliteGateOf } from './sqlite.gate.js';

/** Where the transactions of a DataSource run. */
export interface Place {
  readonly engine: SqlEngine;
  /** What the fence table's name is qualified with. */
  readonly schema: string | undefined;
  /**
   * Gives `work` a DataSource on which one transaction disturbs no neighbour.
   *
   * @param mayWait whether waiting for the database is still of any use; what it throws ends the wait too
   */
  run<T>(mayWait: () => boolean, work: (source: DataSource) => Promise<T>): Promise<T>;
  /** First of all in a transaction that has begun: has the database's write lock, where there is but one. */
  enter(mayWait: () => boolean): Promise<void>;
  commit(runner: QueryRunner, mayWait: () => boolean): Promise<void>;
}

/** @throws LockUsageError for an engine that is not supported */
export async function placeOf(dataSource: DataSource): Promise<Place> {
  const { type } = dataSource.options;
  if (type === 'better-sqlite3') {
    const gate = sqliteGateOf(dataSource);
    return {
      engine: 'sqlite',
      schema: undefined,
      run: (mayWait, work) => gate.run(mayWait, work),
      enter: (mayWait) => gate.enter(mayWait),
      commit: (runner, mayWait) => gate.commit(runner, mayWait),
    };
  }
  const pooled = {
    run: <T>(_mayWait: () => boolean, work: (source: DataSource) => Promise<T>) => work(dataSource),
    enter: () => Promise.resolve(),
    commit: (runner: QueryRunner) => runner.commitTransaction(),
  };
  if (type === 'postgres') return { engine: 'postgres', schema: dataSource.options.schema, ...pooled };
  if (type === 'mysql' || type === 'mariadb') {
    return { engine: await familyMember(dataSource), schema: undefined, ...pooled };
  }
  const supported = 'postgres, mysql, mariadb and better-sqlite3';
  throw new LockUsageError(`Transactions of a DataSource for ${type} cannot be guarded: supported are ${supported}.`);
}

const members = new WeakMap<DataSource, SqlEngine>();

/** Asks the server once: MariaDB is used under both names, and TypeORM keeps no more of its version than the digits. */
async function familyMember(dataSource: DataSource): Promise<SqlEngine> {
  let member = members.get(dataSource);
  if (member === undefined) {
    const [row] = await dataSource.query<{ version: string }[]>('SELECT VERSION() AS version');
    member = /mariadb/i.test(row?.version ?? '') ? 'mariadb' : 'mysql';
    members.set(dataSource, member);
  }
  return member;
}
