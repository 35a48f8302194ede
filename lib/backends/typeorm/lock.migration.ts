import type { MigrationInterface, QueryRunner } from 'typeorm';
import { LockOptionsError } from '../../core/errors.js';
import { quoted } from '../../sql/engine.js';
import { checkedTable } from '../../sql/table-name.js';
import { lockTableDdl as mysqlDdl } from './mysql/mysql.statements.js';
import { lockTableDdl as postgresDdl } from './postgres/postgres.statements.js';
import { lockTableDdl as sqliteDdl } from './sqlite/sqlite.statements.js';

const DDL: Readonly<Record<string, (table: string, schema?: string) => string>> = {
  postgres: (table, schema) => postgresDdl(quoted('postgres', schema, table)),
  mysql: (table) => mysqlDdl(quoted('mysql', table)),
  mariadb: (table) => mysqlDdl(quoted('mariadb', table)),
  sqlite: sqliteDdl,
  'better-sqlite3': sqliteDdl,
};

/**
 * DDL of the lock table, for those who create tables by hand.
 *
 * @param engine TypeORM's name of it: `postgres`, `mysql`, `mariadb`, `better-sqlite3`
 * @param schema of PostgreSQL
 * @throws LockOptionsError for an engine that is not supported, or a name that is no plain identifier
 */
export function lockTableDdl(engine: string, table?: string, schema?: string): string {
  const ddl = Object.hasOwn(DDL, engine) ? DDL[engine] : undefined;
  if (!ddl) throw new LockOptionsError('engine', `must be one of ${Object.keys(DDL).join(', ')}.`);
  return ddl(checkedTable(table), schema === undefined ? undefined : checkedTable(schema, 'schema'));
}

/** Creates the lock table as one of the application's own migrations: list it in the DataSource's `migrations`. */
export class CreateLocks1767225600000 implements MigrationInterface {
  readonly name = 'CreateLocks1767225600000';
  /** Another table name: extend this class. */
  protected readonly table: string | undefined = undefined;

  async up(runner: QueryRunner): Promise<void> {
    const { type, schema } = runner.dataSource.options as { readonly type: string; readonly schema?: string };
    await runner.query(lockTableDdl(type, this.table, schema));
  }

  async down(runner: QueryRunner): Promise<void> {
    const { schema } = runner.dataSource.options as { readonly schema?: string };
    const table = checkedTable(this.table);
    await runner.dropTable(schema === undefined ? table : `${schema}.${table}`, true);
  }
}
