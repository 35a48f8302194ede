import type { Diagnosis } from '../lock-table.js';

const BUSY =
  'Other processes kept the lock file busy all the time. Keep transactions on it short, or give locks a file of their own.';

/** By the error's code; SQLite's extended codes begin with the primary one. */
const KNOWN: readonly (readonly [prefix: string, message: string])[] = [
  ['SQLITE_BUSY', BUSY],
  ['SQLITE_LOCKED', BUSY],
  ['SQLITE_FULL', 'The disk of the lock file is full. Free some space.'],
  ['SQLITE_READONLY', 'The lock file cannot be written. Check the rights on it and on its folder.'],
  ['SQLITE_PERM', 'The lock file cannot be opened. Check the rights on it and on its folder.'],
  ['SQLITE_CANTOPEN', 'The lock file cannot be opened. Check its path, and the rights on it and on its folder.'],
  ['SQLITE_CORRUPT', 'The lock file is damaged. Stop every process that uses it, and delete it.'],
  ['ENOENT', 'The folder of the lock file does not exist. Check the path, or make the folder.'],
  ['DriverPackageNotInstalledError', 'The driver is not installed: npm install better-sqlite3'],
  ['SQLITE_NOTADB', 'The lock file is no SQLite database. Give locks a file of their own.'],
];

/** What an error of better-sqlite3 means, also inside TypeORM's QueryFailedError. */
export function diagnoseSqlite(error: unknown): Diagnosis {
  const { driverError = error } = Object(error) as { driverError?: unknown };
  const { code, name: type } = Object(driverError) as { code?: unknown; name?: unknown };
  const name = typeof code === 'string' ? code : String(type);
  const known = KNOWN.find(([prefix]) => name.startsWith(prefix));
  return {
    transient: known?.[1] === BUSY,
    // A failed write may have left its COMMIT behind; every other error rolls the statement back.
    outcome: name.startsWith('SQLITE_IOERR') ? 'unknown' : 'not-applied',
    message: known?.[1] ?? `The lock store failed with ${name}. The cause tells more.`,
  };
}
