import type { DataSource } from 'typeorm';
import { LockBackendError } from '../../../core/errors.js';
import { quoted } from '../../../sql/engine.js';
import { Lanes } from '../lanes.js';
import type { Dialect, LockTable } from '../lock-table.js';
import {
  checkRights,
  connected,
  DRIVER_TIMEOUT_MS,
  forLocks,
  makeTable,
  type ServerOptions,
  type ServerSettings,
} from '../server.js';
import { diagnoseMysql } from './mysql.diagnosis.js';
import { MysqlPool } from './mysql.pool.js';
import { lockTableDdl, mysqlStatements } from './mysql.statements.js';
import { MysqlTable } from './mysql.table.js';

const OLDEST_MYSQL = 8;
const OLDEST_MARIADB = 10.6;

const REFUSALS = { forbidden: ['ER_TABLEACCESS_DENIED_ERROR'], existing: [] };

export type MysqlOptions = Extract<ServerOptions, { type: 'mysql' | 'mariadb' }>;

/** MySQL and MariaDB through mysql2: a small pool of our own; waiters poll. */
export class MysqlDialect implements Dialect {
  /** For MariaDB too: the same table, and tokens that can be compared. */
  readonly name = 'mysql';
  readonly diagnose = diagnoseMysql;
  readonly #table: string;

  constructor(private readonly settings: ServerSettings<MysqlOptions>) {
    this.#table = quoted('mysql', settings.table);
  }

  async open(): Promise<LockTable> {
    const { connection, poolSize } = this.settings;
    const options = forLocks(connection, poolSize, {
      connectionLimit: poolSize,
      connectTimeout: DRIVER_TIMEOUT_MS,
      enableKeepAlive: true,
      // Keys are bytes in the table: every process must mean the same bytes by them.
      charset: 'utf8mb4',
    });
    const dataSource = await connected(options, (opened) => this.#check(opened));
    const lanes = new Lanes(poolSize, DRIVER_TIMEOUT_MS);
    return new MysqlTable(new MysqlPool(dataSource), mysqlStatements(this.#table), lanes);
  }

  /** What would only show later, in the middle of a night. */
  async #check(dataSource: DataSource): Promise<void> {
    const ddl = lockTableDdl(this.#table);
    const refusal = this.settings.createTable ? await makeTable(dataSource, ddl, REFUSALS) : undefined;
    await checkRights(dataSource, this.#table, refusal);
    const [server] = await dataSource.query<{ version: string; autocommit: number | string; flush: number | string }[]>(
      'SELECT VERSION() AS version, @@autocommit AS autocommit, @@innodb_flush_log_at_trx_commit AS flush',
    );
    if (!server) return;
    const refuse = (message: string) => new LockBackendError(message, { outcome: 'not-applied', backend: this.name });
    const oldest = /mariadb/i.test(server.version) ? OLDEST_MARIADB : OLDEST_MYSQL;
    if (isOlder(server.version, oldest)) throw refuse(`The server is too old: ${String(oldest)} or newer is needed.`);
    if (Number(server.autocommit) !== 1) {
      throw refuse('autocommit is off for this user: nothing would ever be committed. Turn it on for the connection.');
    }
    if (Number(server.flush) !== 1) {
      this.settings.onWarning(
        'innodb_flush_log_at_trx_commit is not 1: if the server crashes, it forgets its last grants, and a key may be granted again.',
      );
    }
  }
}

/** "10.11.16-MariaDB" is older than 11, and not older than 10.6. */
function isOlder(version: string, oldest: number): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number.parseFloat);
  const [oldestMajor = 0, oldestMinor = 0] = String(oldest).split('.').map(Number);
  return major < oldestMajor || (major === oldestMajor && minor < oldestMinor);
}
