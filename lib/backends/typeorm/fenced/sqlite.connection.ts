import { DataSource, type DataSourceOptions } from 'typeorm';
import { LockUsageError } from '../../../core/errors.js';

/** The part of better-sqlite3 beneath TypeORM's driver that is used here. */
export interface TransactionHandle {
  readonly inTransaction: boolean;
  exec(sql: string): unknown;
  prepare(sql: string): unknown;
  pragma(text: string): unknown;
  function(name: string, call: () => number): unknown;
}

export interface SqliteConnection {
  readonly source: DataSource;
  readonly handle: TransactionHandle;
  /** Whether a transaction may begin: one that does not come through the gate must not. */
  isOpen: boolean;
}

type SqliteDataSourceOptions = Extract<DataSourceOptions, { type: 'better-sqlite3' }>;

/**
 * Opens a second connection to the file of a DataSource, with the same entities, subscribers and logger. TypeORM has one
 * connection per SQLite DataSource, for everybody: two transactions at a time nest on it, and the roll-back of one takes
 * the other's work with it.
 *
 * @throws LockUsageError when the database is no file
 */
export async function openBeside(user: DataSource): Promise<SqliteConnection> {
  const options = user.options as SqliteDataSourceOptions;
  const connection = { isOpen: false } as { -readonly [K in keyof SqliteConnection]: SqliteConnection[K] };
  const source = new DataSource({
    ...options,
    database: await fileOf(user),
    synchronize: false,
    dropSchema: false,
    migrationsRun: false,
    migrations: [],
    subscribers: [],
    // The file has been made by the user's connection, and is in the journal mode that it wants.
    fileMustExist: true,
    enableWAL: false,
    timeout: 0,
    prepareDatabase: async (opened: TransactionHandle) => {
      await options.prepareDatabase?.(opened);
      // SQLite would wait by stopping the event loop, and with it the transaction that it waits for.
      opened.pragma('busy_timeout = 0');
      connection.handle = opened;
      leaveBeginOut(connection);
    },
  });
  await source.initialize();
  connection.source = source;
  // The same list, not a copy: Nest's providers add themselves to it.
  Object.assign(source, { subscribers: user.subscribers });
  return connection;
}

/** What the connection has open: a relative path may mean another file by now. */
async function fileOf(user: DataSource): Promise<string> {
  const rows: { name: string; file: string }[] = await user.query('PRAGMA database_list');
  const file = rows.find(({ name }) => name === 'main')?.file ?? '';
  if (file !== '') return file;
  throw new LockUsageError(
    'A SQLite database in memory cannot be guarded: its only connection is shared by all transactions. Use a file.',
  );
}

/**
 * Has TypeORM begin nothing: the gate takes the write lock itself, as often as it takes to get it, without a word to loggers
 * and subscribers. What was not begun, because the lock was not to be had, need not be rolled back.
 */
function leaveBeginOut(connection: SqliteConnection): void {
  const { handle } = connection;
  handle.function('nestjs_locked_open', () => {
    if (connection.isOpen) return 1;
    throw new LockUsageError('This transaction is over. Begin another by fencedTransaction() or plainTransaction().');
  });
  const prepare = handle.prepare.bind(handle);
  handle.prepare = (sql) => {
    if (/^BEGIN\b/i.test(sql)) return prepare('SELECT nestjs_locked_open()');
    return prepare(/^ROLLBACK$/i.test(sql) && !handle.inTransaction ? 'SELECT 1' : sql);
  };
}
