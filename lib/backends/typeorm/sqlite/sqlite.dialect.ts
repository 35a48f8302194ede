import { access } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DataSource } from 'typeorm';
import { lockEntity } from '../lock.entity.js';
import type { Dialect, LockTable } from '../lock-table.js';
import { diagnoseSqlite } from './sqlite.diagnosis.js';
import type { SqliteHandle } from './sqlite.handle.js';
import { lockTableDdl } from './sqlite.statements.js';
import { SqliteTable } from './sqlite.table.js';
import { WakeFiles } from './wake-files.js';

/** Rows of one lock per page: a commit writes one page, and a checkpoint that writes less stalls less. */
const PAGE_BYTES = 1024;

export interface SqliteSettings {
  readonly file: string;
  readonly table: string;
  readonly synchronous: 'normal' | 'full';
  /** What a DataSource of the user's says about how to open the file: another build of the driver, a cipher's key. */
  readonly driverOptions?: Readonly<Record<string, unknown>>;
}

/** SQLite through better-sqlite3: a connection of our own, because TypeORM has one per DataSource for everybody. */
export class SqliteDialect implements Dialect {
  readonly name = 'sqlite';
  readonly diagnose = diagnoseSqlite;

  constructor(private readonly settings: SqliteSettings) {}

  async open(): Promise<LockTable> {
    const { file, table } = this.settings;
    // TypeORM would make a missing folder: after a typing error this process would have a lock file to itself.
    await access(dirname(file));
    const dataSource = new DataSource({
      ...this.settings.driverOptions,
      type: 'better-sqlite3',
      database: file,
      entities: [lockEntity('better-sqlite3', table)],
      // SQLite would wait by stopping the event loop: it must not, we try again instead.
      timeout: 0,
      prepareDatabase: (handle: SqliteHandle) => {
        this.#prepare(handle);
      },
    });
    await dataSource.initialize();
    try {
      await dataSource.query(lockTableDdl(table));
      const handle = (dataSource.driver as unknown as { databaseConnection: SqliteHandle }).databaseConnection;
      return new SqliteTable(dataSource, handle, new WakeFiles(`${file}-wake`), table);
    } catch (error) {
      await dataSource.destroy();
      throw error;
    }
  }

  #prepare(handle: SqliteHandle): void {
    try {
      handle.pragma(`page_size = ${PAGE_BYTES}`);
      handle.pragma('journal_mode = WAL');
      handle.pragma(`synchronous = ${this.settings.synchronous}`);
    } catch (error) {
      handle.close();
      throw error;
    }
  }
}
