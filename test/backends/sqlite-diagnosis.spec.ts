import Database from 'better-sqlite3';
import { QueryFailedError } from 'typeorm';
import { diagnoseSqlite } from '../../lib/backends/typeorm/sqlite/sqlite.diagnosis.js';

describe('sqlite: what an error means', () => {
  it.each([
    ['SQLITE_BUSY', true, 'not-applied', /busy/],
    ['SQLITE_BUSY_SNAPSHOT', true, 'not-applied', /busy/],
    ['SQLITE_BUSY_RECOVERY', true, 'not-applied', /busy/],
    ['SQLITE_LOCKED_SHAREDCACHE', true, 'not-applied', /busy/],
    ['SQLITE_FULL', false, 'not-applied', /full/],
    ['SQLITE_READONLY_DBMOVED', false, 'not-applied', /written/],
    ['SQLITE_CANTOPEN', false, 'not-applied', /opened/],
    ['SQLITE_CORRUPT_VTAB', false, 'not-applied', /damaged/],
    ['SQLITE_NOTADB', false, 'not-applied', /no SQLite database/],
    ['SQLITE_IOERR_FSYNC', false, 'unknown', /SQLITE_IOERR_FSYNC/],
    ['SQLITE_ERROR', false, 'not-applied', /SQLITE_ERROR/],
  ])('%s: transient %s, %s', (code, transient, outcome, message) => {
    const error = new Database.SqliteError('secret/path/locks.db', code);
    const expected = { transient, outcome, message: expect.stringMatching(message) };
    expect(diagnoseSqlite(error)).toEqual(expected);
    expect(diagnoseSqlite(new QueryFailedError('SELECT 1', [], error))).toEqual(expected);
    expect(diagnoseSqlite(error).message).not.toContain('secret');
  });

  it.each([undefined, null, 'text', new TypeError('The database connection is not open')])(
    '%s: not applied',
    (error) => {
      expect(diagnoseSqlite(error)).toMatchObject({ transient: false, outcome: 'not-applied' });
    },
  );
});
