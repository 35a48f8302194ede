import { isLockError, LockBackendError, type LockErrorContext } from '../../../core/errors.js';
import type { SqlEngine } from '../../../sql/engine.js';
import type { Diagnosis, DriverError } from '../diagnosis.js';
import { diagnoseMysql } from '../mysql/mysql.diagnosis.js';
import { diagnosePostgres } from '../postgres/postgres.diagnosis.js';
import { diagnoseSqlite } from '../sqlite/sqlite.diagnosis.js';

const DIAGNOSES: Readonly<Record<SqlEngine, (error: unknown) => Diagnosis>> = {
  postgres: diagnosePostgres,
  mysql: diagnoseMysql,
  mariadb: diagnoseMysql,
  sqlite: diagnoseSqlite,
};

/** What differs here from the lock table: another table, and a file that holds more than locks. */
const MESSAGES: readonly (readonly [code: RegExp, message: string])[] = [
  [
    /^42P01|^ER_NO_SUCH_TABLE|no such table/,
    'The fence table does not exist. Run the migration CreateFences1767225600001 or the DDL of fenceTableDdl().',
  ],
  [
    /^42703|^ER_BAD_FIELD_ERROR|no such column/,
    'The fence table has other columns than those of fenceTableDdl(). Check its name.',
  ],
  [/^42501/, 'The role may not use the fence table. It needs SELECT, INSERT and UPDATE on it.'],
  // Does not tell who may not look whether there is one.
  [
    /^ER_TABLEACCESS_DENIED_ERROR/,
    'The user may not use the fence table, or there is none. It needs SELECT, INSERT and UPDATE on it; the table is made by the migration CreateFences1767225600001 or the DDL of fenceTableDdl().',
  ],
  [/^3F000/, 'The schema of the fence table does not exist. Check `schema` of the DataSource.'],
  [/^SQLITE_(BUSY|LOCKED)/, 'Other transactions kept the database file busy all the time. Keep them short.'],
  [/^SQLITE_FULL/, 'The disk of the database file is full. Free some space.'],
  [/^SQLITE_READONLY/, 'The database file cannot be written. Check the rights on it and on its folder.'],
  [/^SQLITE_/, 'The database file failed. The cause tells more.'],
];

/** What an error of the database in a statement of ours means. */
export function diagnoseFence(engine: SqlEngine, error: unknown): Diagnosis {
  const diagnosis = DIAGNOSES[engine](error);
  const { code, message } = driverErrorOf(error);
  const told = MESSAGES.find(
    ([known]) => known.test(String(code)) || (engine === 'sqlite' && known.test(String(message))),
  );
  return told ? { ...diagnosis, message: told[1] } : diagnosis;
}

/** An error that came out of a statement of ours, as it is told. What the database did not throw is told as it is. */
export function toldAsOurs(engine: SqlEngine, error: unknown, context: LockErrorContext): unknown {
  if (isLockError(error) || !isOfDatabase(error)) return error;
  const { message, outcome, trouble } = diagnoseFence(engine, error);
  return new LockBackendError(message, { ...context, outcome, transient: trouble !== 'fault', cause: error });
}

/** TypeORM wraps what a statement failed with; a connection that could not be made fails with the driver's own error. */
function isOfDatabase(error: unknown): boolean {
  return typeof driverErrorOf(error).code === 'string';
}

function driverErrorOf(error: unknown): DriverError {
  const { driverError = error } = Object(error) as { driverError?: unknown };
  return Object(driverError) as DriverError;
}
