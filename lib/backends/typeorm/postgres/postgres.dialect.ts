import type { DataSource } from 'typeorm';
import { LockBackendError } from '../../../core/errors.js';
import { quoted } from '../../../sql/engine.js';
import { Lanes } from '../lanes.js';
import type { Dialect, LockTable } from '../lock-table.js';
import {
  checkRights,
  connected,
  DRIVER_TIMEOUT_MS,
  forLocks,
  makeTable,
  type ServerOptions,
  type ServerSettings,
} from '../server.js';
import { diagnosePostgres } from './postgres.diagnosis.js';
import { type PgClient, pgDriverOf, PreparedStatements } from './postgres.pool.js';
import { lockTableDdl, postgresStatements } from './postgres.statements.js';
import { PostgresTable } from './postgres.table.js';
import { WakeChannel } from './wake-channel.js';

const OLDEST_VERSION = 13;

const REFUSALS = { forbidden: ['42501'], existing: ['23505', '42P07', '42710'] };

export type PostgresOptions = Extract<ServerOptions, { type: 'postgres' }>;

export interface PostgresSettings extends ServerSettings<PostgresOptions> {
  readonly schema: string | undefined;
  /** Where to LISTEN, when not where the statements go; `false`: waiters poll. */
  readonly listen: string | boolean;
}

/** PostgreSQL through pg: a small pool of our own, and one connection to listen. */
export class PostgresDialect implements Dialect {
  readonly name = 'postgres';
  readonly diagnose = diagnosePostgres;
  readonly #table: string;

  constructor(private readonly settings: PostgresSettings) {
    this.#table = quoted('postgres', settings.schema, settings.table);
  }

  async open(): Promise<LockTable> {
    const { connection, poolSize } = this.settings;
    const options = forLocks(connection, poolSize, {
      max: poolSize,
      query_timeout: DRIVER_TIMEOUT_MS,
      connectionTimeoutMillis: DRIVER_TIMEOUT_MS,
      // Idle connections are no reason for a process to live on.
      allowExitOnIdle: true,
      keepAlive: true,
    });
    // An idle connection that was cut: the next statement opens another.
    const own = { ...options, poolErrorHandler: () => undefined };
    return this.#tableOf(await connected(own, (dataSource) => this.#check(dataSource)));
  }

  #tableOf(dataSource: DataSource): LockTable {
    const { master } = pgDriverOf(dataSource);
    const { table, poolSize, listen } = this.settings;
    const lanes = new Lanes(poolSize, DRIVER_TIMEOUT_MS);
    const statements = new PreparedStatements(master, postgresStatements(this.#table));
    const wakeChannel = new WakeChannel({
      channel: table,
      connect: listen === false ? undefined : () => this.#listener(dataSource),
      tell: (payload) => lanes.run('seeker', () => statements.run('notify', [table, payload])),
    });
    return new PostgresTable(dataSource, statements, lanes, wakeChannel);
  }

  #listener(dataSource: DataSource): PgClient {
    const { master, postgres } = pgDriverOf(dataSource);
    const { listen } = this.settings;
    if (typeof listen !== 'string') return new postgres.Client(master.options);
    const timeouts = { connectionTimeoutMillis: DRIVER_TIMEOUT_MS, query_timeout: DRIVER_TIMEOUT_MS };
    return new postgres.Client({ connectionString: listen, ...timeouts });
  }

  /** What would only show later, in the middle of a night. */
  async #check(dataSource: DataSource): Promise<void> {
    const ddl = lockTableDdl(this.#table);
    const refusal = this.settings.createTable ? await makeTable(dataSource, ddl, REFUSALS) : undefined;
    await checkRights(dataSource, this.#table, refusal);
    const [server] = await dataSource.query<{ version: number; encoding: string; commit: string }[]>(
      `SELECT current_setting('server_version_num')::int / 10000 AS version, getdatabaseencoding() AS encoding,
current_setting('synchronous_commit') AS commit`,
    );
    if (!server) return;
    const refuse = (message: string) => new LockBackendError(message, { outcome: 'not-applied', backend: this.name });
    if (server.version < OLDEST_VERSION) {
      throw refuse(`PostgreSQL ${String(server.version)} is too old: ${String(OLDEST_VERSION)} or newer is needed.`);
    }
    if (!['UTF8', 'SQL_ASCII'].includes(server.encoding)) {
      throw refuse(`The database is encoded in ${server.encoding} and cannot keep every key. It must be UTF8.`);
    }
    if (server.commit === 'off') {
      this.settings.onWarning(
        'synchronous_commit is off: if PostgreSQL crashes, it forgets its last grants, and a key may be granted again.',
      );
    }
  }
}
