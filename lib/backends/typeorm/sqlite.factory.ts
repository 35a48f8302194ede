import type { LockBackend } from '../../core/backend.js';
import { LockOptionsError } from '../../core/errors.js';
import { checkKnown } from '../../core/check-known.js';
import { SqlBackend } from './sql.backend.js';
import { SqliteDialect } from './sqlite/sqlite.dialect.js';
import { checkedTable } from '../../sql/table-name.js';

export interface SqliteOptions {
  /** Path of the lock file, best one that holds nothing else; made when missing, its folder is not. On a local disk. */
  readonly file: string;
  /** Default `nestjs_locked`. */
  readonly table?: string | undefined;
  /**
   * `'normal'` (default): survives the crash of any process; a power cut may forget the last grants.
   * `'full'`: survives a power cut too, at the price of a disk flush for every operation.
   */
  readonly synchronous?: 'normal' | 'full' | undefined;
}

/**
 * Locks between the processes of one machine, in a file. Needs `typeorm` and `better-sqlite3`.
 *
 * @throws LockOptionsError naming the option that is unknown or out of bounds
 */
export function sqlite(options: SqliteOptions): LockBackend {
  checkKnown(options, ['file', 'table', 'synchronous']);
  const { file, table, synchronous = 'normal' } = options;
  if (synchronous !== 'normal' && (synchronous as unknown) !== 'full') {
    throw new LockOptionsError('synchronous', "must be 'normal' or 'full'.");
  }
  return new SqlBackend(new SqliteDialect({ file: checkedFile(file), table: checkedTable(table), synchronous }));
}

/** A path that several processes can share. */
export function checkedFile(file: unknown, option = 'file'): string {
  if (typeof file !== 'string' || file.includes('\0')) throw new LockOptionsError(option, 'must be a path.');
  // As SQLite reads it: nothing is a temporary database.
  const path = file.trim();
  if (path === '' || path === ':memory:') {
    throw new LockOptionsError(option, 'must be a file that processes can share. For one process use memory().');
  }
  return path;
}
