import { DataSource, type DataSourceOptions } from 'typeorm';
import { OPERATION_TIMEOUT_MS } from '../../core/deadline.js';
import { LockBackendError } from '../../core/errors.js';

export type ServerOptions = Extract<DataSourceOptions, { type: 'postgres' | 'mysql' | 'mariadb' }>;

/** What a dialect of a database server is told. */
export interface ServerSettings<O extends ServerOptions = ServerOptions> {
  readonly connection: O;
  readonly table: string;
  /** Make the table when it is missing. */
  readonly createTable: boolean;
  /** Connections for locks alone, ≥ 2. */
  readonly poolSize: number;
  /** Told what is wrong with the server's configuration. */
  readonly onWarning: (message: string) => void;
}

/** After so long the driver gives a statement or a connection up, and drops the connection: no longer than the caller waits. */
export const DRIVER_TIMEOUT_MS = 0.85 * OPERATION_TIMEOUT_MS;

/**
 * Options of a DataSource for locks alone: the way to the server is the user's, everything else ours. Of a replicated
 * set only the master counts: a replica's answer may be old.
 */
export function forLocks<O extends ServerOptions>(
  connection: O,
  poolSize: number,
  extra: Readonly<Record<string, unknown>>,
): O {
  const { replication, ...options } = connection;
  const own = {
    ...options,
    ...replication?.master,
    entities: [],
    subscribers: [],
    migrations: [],
    synchronize: false,
    migrationsRun: false,
    dropSchema: false,
    installExtensions: false,
    cache: false,
    logging: false,
    poolSize,
    extra: { ...(options.extra as object | undefined), ...extra },
  };
  return own as unknown as O;
}

/** Connects, and has the connection closed again when what is checked then does not do. */
export async function connected(
  options: DataSourceOptions,
  check: (dataSource: DataSource) => Promise<void>,
): Promise<DataSource> {
  const dataSource = new DataSource(options);
  await dataSource.initialize();
  try {
    await check(dataSource);
    return dataSource;
  } catch (error) {
    await dataSource.destroy();
    throw error;
  }
}

/** What the driver says when a table cannot be made: because nobody may, or because another has just made it. */
interface Refusals {
  readonly forbidden: readonly string[];
  readonly existing: readonly string[];
}

/**
 * Makes the lock table where there is none.
 *
 * @returns why this role may make none: there may be one already
 */
export async function makeTable(
  dataSource: DataSource,
  ddl: string,
  { forbidden, existing }: Refusals,
): Promise<unknown> {
  try {
    await dataSource.query(ddl);
  } catch (error) {
    const code = String(codeOf(error));
    if (forbidden.includes(code)) return error;
    if (!existing.includes(code)) throw error;
  }
  return undefined;
}

/**
 * Does nothing, but only for who may do it: a right that is missing shows at boot, not in the first release.
 *
 * @param refusal why the table could not be made, if it was to be
 */
export async function checkRights(dataSource: DataSource, table: string, refusal: unknown): Promise<void> {
  try {
    await dataSource.query(`SELECT 1 FROM ${table} WHERE 1 = 0`);
  } catch (error) {
    if (refusal === undefined) throw error;
    const message =
      'The lock table cannot be used, and this role may not make one. Have a migration make it, or grant CREATE.';
    throw new LockBackendError(message, { outcome: 'not-applied', cause: refusal });
  }
  await dataSource.query(`INSERT INTO ${table} SELECT * FROM ${table} WHERE 1 = 0`);
  await dataSource.query(`UPDATE ${table} SET owner = owner WHERE 1 = 0`);
  await dataSource.query(`DELETE FROM ${table} WHERE 1 = 0`);
}

/** The driver's code of an error, also inside TypeORM's. */
function codeOf(error: unknown): unknown {
  const { driverError = error } = Object(error) as { driverError?: unknown };
  return (Object(driverError) as { code?: unknown }).code;
}
