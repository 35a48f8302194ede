import { diagnose, type Diagnoses, type Diagnosis } from '../diagnosis.js';

const RIVAL = 'Others were quicker all the time. Keep transactions on this table short.';

/** By the name that mysql2 gives an error. */
const KNOWN: Diagnoses = [
  ['ER_LOCK_DEADLOCK ER_LOCK_WAIT_TIMEOUT ER_CHECKREAD ER_XA_RBDEADLOCK', 'rival', 'not-applied', RIVAL],
  [
    'PROTOCOL_CONNECTION_LOST ER_SERVER_SHUTDOWN ER_CONNECTION_KILLED ER_QUERY_INTERRUPTED 4031',
    'link',
    'unknown',
    'The connection to the database was cut.',
  ],
  [
    'PROTOCOL_SEQUENCE_TIMEOUT',
    'link',
    'unknown',
    'The database did not answer in time. Check its load and the network.',
  ],
  [
    'ER_CON_COUNT_ERROR ER_TOO_MANY_USER_CONNECTIONS ER_USER_LIMIT_REACHED',
    'link',
    'not-applied',
    'The database accepts no further connection just now.',
  ],
  [
    'ER_OPTION_PREVENTS_STATEMENT ER_READ_ONLY_MODE ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION',
    'link',
    'not-applied',
    'The database is read-only: a replica, or a fail-over under way. Connect to the primary.',
  ],
  ['ER_RECORD_FILE_FULL ER_DISK_FULL', 'fault', 'not-applied', 'The disk of the database is full. Free some space.'],
  [
    'ER_NO_SUCH_TABLE',
    'fault',
    'not-applied',
    'The lock table does not exist. Run the migration CreateLocks1767225600000 or the DDL of lockTableDdl(), or let it be made: `createTable: true`.',
  ],
  [
    'ER_BAD_FIELD_ERROR',
    'fault',
    'not-applied',
    'The lock table has other columns. Let it be made anew by the migration of this version.',
  ],
  [
    'ER_TABLEACCESS_DENIED_ERROR',
    'fault',
    'not-applied',
    'The user may not use the lock table. It needs SELECT, INSERT, UPDATE and DELETE on it.',
  ],
  [
    'ER_ACCESS_DENIED_ERROR ER_DBACCESS_DENIED_ERROR ER_NOT_SUPPORTED_AUTH_MODE ER_HOST_NOT_PRIVILEGED',
    'fault',
    'not-applied',
    'The database refuses the credentials. Check user, password and rights on the database.',
  ],
  ['ER_BAD_DB_ERROR', 'fault', 'not-applied', 'The database does not exist. Check its name.'],
  ['HANDSHAKE_NO_SSL_SUPPORT', 'fault', 'not-applied', 'The database offers no TLS, and the options ask for it.'],
  ['DriverPackageNotInstalledError', 'fault', 'not-applied', 'The driver is not installed: npm install mysql2'],
];

/** What an error of mysql2 means. */
export function diagnoseMysql(error: unknown): Diagnosis {
  return diagnose(error, KNOWN);
}
