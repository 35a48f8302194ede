import { diagnose, type Diagnoses, type Diagnosis, type DriverError } from '../diagnosis.js';

const RIVAL = 'Others were quicker all the time. Keep transactions on this table short.';
const CUT = 'The connection to PostgreSQL was cut.';
const SILENT = 'PostgreSQL did not answer in time. Check its load and the network.';

/** By SQLSTATE, a class of them, or a message of the driver's own, which have none. */
const KNOWN: Diagnoses = [
  ['40001 40P01 55P03', 'rival', 'not-applied', RIVAL],
  ['57P01 57P02 08006 08003 08P01', 'link', 'unknown', CUT],
  ['57P03 57P05 08 53300', 'link', 'not-applied', 'PostgreSQL accepts no connection just now.'],
  [
    '25006',
    'link',
    'not-applied',
    'PostgreSQL is read-only: a standby, or a fail-over under way. Connect to the primary.',
  ],
  ['53100', 'fault', 'not-applied', 'The disk of PostgreSQL is full. Free some space.'],
  [
    '42P01',
    'fault',
    'not-applied',
    'The lock table does not exist. Run the migration CreateLocks1767225600000 or the DDL of lockTableDdl(), or let it be made: `createTable: true`.',
  ],
  ['3F000', 'fault', 'not-applied', 'The schema of the lock table does not exist. Check `schema`.'],
  [
    '42703',
    'fault',
    'not-applied',
    'The lock table has other columns. Let it be made anew by the migration of this version.',
  ],
  [
    '42501',
    'fault',
    'not-applied',
    'The role may not use the lock table. It needs SELECT, INSERT, UPDATE and DELETE on it.',
  ],
  ['28', 'fault', 'not-applied', 'PostgreSQL refuses the credentials. Check user, password and pg_hba.conf.'],
  ['3D000', 'fault', 'not-applied', 'The database does not exist. Check its name.'],
  ['22021 22P05', 'fault', 'not-applied', 'The database cannot keep this key: its encoding is not UTF8.'],
  ['DriverPackageNotInstalledError', 'fault', 'not-applied', 'The driver is not installed: npm install pg'],
];

const OF_THE_DRIVER: readonly (readonly [message: RegExp, diagnosis: Diagnosis])[] = [
  [/^Query read timeout/, { trouble: 'link', outcome: 'unknown', message: SILENT }],
  [
    /^timeout exceeded when trying to connect|connection timeout/,
    { trouble: 'link', outcome: 'not-applied', message: SILENT },
  ],
  [
    /^Connection terminated|^Client has encountered a connection error|^Client was closed/,
    { trouble: 'link', outcome: 'unknown', message: CUT },
  ],
  [
    /does not support SSL/,
    { trouble: 'fault', outcome: 'not-applied', message: 'PostgreSQL offers no TLS, and the options ask for it.' },
  ],
];

/** What an error of pg means. */
export function diagnosePostgres(error: unknown): Diagnosis {
  const { message } = Object(error) as DriverError;
  const own = OF_THE_DRIVER.find(([text]) => typeof message === 'string' && text.test(message));
  return own?.[1] ?? diagnose(error, KNOWN);
}
