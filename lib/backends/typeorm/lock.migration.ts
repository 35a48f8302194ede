import type { MigrationInterface, QueryRunner } from 'typeorm';
import { LockOptionsError } from '../../core/errors.js';
import { lockTableDdl as sqliteDdl } from './sqlite/sqlite.statements.js';
import { checkedTable } from './table-name.js';

/**
 * DDL of the lock table, for those who create tables by hand.
 *
 * @param engine TypeORM's name of it: `better-sqlite3`
 * @throws LockOptionsError for an engine that is not supported, or a table name that is no plain identifier
 */
export function lockTableDdl(engine: string, table?: string): string {
  if (engine === 'better-sqlite3') return sqliteDdl(checkedTable(table));
  throw new LockOptionsError('engine', 'must be better-sqlite3; others come in a later release.');
}

/** Creates the lock table as one of the application's own migrations: list it in the DataSource's `migrations`. */
export class CreateLocks1767225600000 implements MigrationInterface {
  readonly name = 'CreateLocks1767225600000';
  /** Another table name: extend this class. */
  protected readonly table: string | undefined = undefined;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(lockTableDdl(runner.dataSource.options.type, this.table));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable(checkedTable(this.table), true);
  }
}
