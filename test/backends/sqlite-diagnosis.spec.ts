import Database from 'better-sqlite3';
import { QueryFailedError } from 'typeorm';
import { diagnoseSqlite } from '../../lib/backends/typeorm/sqlite/sqlite.diagnosis.js';

describe('sqlite: what an error means', () => {
  it.each([
    ['SQLITE_BUSY', 'rival', 'not-applied', /busy/],
    ['SQLITE_BUSY_SNAPSHOT', 'rival', 'not-applied', /busy/],
    ['SQLITE_BUSY_RECOVERY', 'rival', 'not-applied', /busy/],
    ['SQLITE_LOCKED_SHAREDCACHE', 'rival', 'not-applied', /busy/],
    ['SQLITE_FULL', 'fault', 'not-applied', /full/],
    ['SQLITE_READONLY_DBMOVED', 'fault', 'not-applied', /written/],
    ['SQLITE_CANTOPEN', 'fault', 'not-applied', /opened/],
    ['SQLITE_CORRUPT_VTAB', 'fault', 'not-applied', /damaged/],
    ['SQLITE_NOTADB', 'fault', 'not-applied', /no SQLite database/],
    ['SQLITE_IOERR_FSYNC', 'fault', 'unknown', /disk fails/],
    ['SQLITE_ERROR', 'fault', 'not-applied', /SQLITE_ERROR/],
  ])('%s: a %s, %s', (code, trouble, outcome, message) => {
    const error = new Database.SqliteError('secret/path/locks.db', code);
    const expected = { trouble, outcome, message: expect.stringMatching(message) };
    expect(diagnoseSqlite(error)).toEqual(expected);
    expect(diagnoseSqlite(new QueryFailedError('SELECT 1', [], error))).toEqual(expected);
    expect(diagnoseSqlite(error).message).not.toContain('secret');
  });

  it.each([undefined, null, 'text', new TypeError('The database connection is not open')])(
    '%s: not applied',
    (error) => {
      expect(diagnoseSqlite(error)).toMatchObject({ trouble: 'fault', outcome: 'not-applied' });
    },
  );
});
