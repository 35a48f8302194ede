import { diagnose, type Diagnoses, type Diagnosis } from '../diagnosis.js';

const BUSY =
  'Other processes kept the lock file busy all the time. Keep transactions on it short, or give locks a file of their own.';

/** By the error's code; SQLite's extended codes begin with the primary one. */
const KNOWN: Diagnoses = [
  ['SQLITE_BUSY SQLITE_LOCKED', 'rival', 'not-applied', BUSY],
  // A failed write may have left its COMMIT behind; every other error rolls the statement back.
  ['SQLITE_IOERR', 'fault', 'unknown', 'The lock file cannot be read or written: the disk fails.'],
  ['SQLITE_FULL', 'fault', 'not-applied', 'The disk of the lock file is full. Free some space.'],
  [
    'SQLITE_READONLY',
    'fault',
    'not-applied',
    'The lock file cannot be written. Check the rights on it and on its folder.',
  ],
  ['SQLITE_PERM', 'fault', 'not-applied', 'The lock file cannot be opened. Check the rights on it and on its folder.'],
  [
    'SQLITE_CANTOPEN',
    'fault',
    'not-applied',
    'The lock file cannot be opened. Check its path, and the rights on it and on its folder.',
  ],
  [
    'SQLITE_CORRUPT',
    'fault',
    'not-applied',
    'The lock file is damaged. Stop every process that uses it, and delete it.',
  ],
  ['ENOENT', 'fault', 'not-applied', 'The folder of the lock file does not exist. Check the path, or make the folder.'],
  ['DriverPackageNotInstalledError', 'fault', 'not-applied', 'The driver is not installed: npm install better-sqlite3'],
  ['SQLITE_NOTADB', 'fault', 'not-applied', 'The lock file is no SQLite database. Give locks a file of their own.'],
];

/** What an error of better-sqlite3 means. */
export function diagnoseSqlite(error: unknown): Diagnosis {
  return diagnose(error, KNOWN);
}
