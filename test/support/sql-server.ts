import { OwnServer } from './own-server.js';
import type { ServerProgram } from './server-program.js';
import { ADMIN, LOCKER, sqlUrl } from './sql-accounts.js';
import { ENGINES, kindWith, type SqlEngine, type SqlOptions } from './sql-engines.js';
import { orStop } from './start-together.js';
import { withSql, type Query } from './with-sql.js';

/** A PostgreSQL or MariaDB of one spec's own, which the spec may treat as it likes. */
export class SqlServer extends OwnServer {
  private constructor(
    readonly engine: SqlEngine,
    server: ServerProgram,
  ) {
    super(server);
  }

  static async start(engine: SqlEngine, options?: SqlOptions): Promise<SqlServer> {
    const server = new SqlServer(engine, await OwnServer.launch(kindWith(engine, options)));
    await orStop([server], () => server.#admitLocker());
    return server;
  }

  /** For the user who may do what `createTable` grants; MariaDB lets nobody into a database without any right in it. */
  get url(): string {
    return this.#url(LOCKER);
  }

  /** For the user who may do everything. */
  get adminUrl(): string {
    return this.#url(ADMIN);
  }

  /** Does something as administrator, on a connection for this only. */
  administer<T>(work: (query: Query) => Promise<T>): Promise<T> {
    return withSql(this.adminUrl, work);
  }

  /** Creates a table that the locker may read and write, but neither change nor drop. */
  async createTable(ddl: string, table: string): Promise<void> {
    await this.administer(async (query) => {
      await query(ddl);
      await query(`GRANT SELECT, INSERT, UPDATE, DELETE ON ${table} TO ${LOCKER.username}`);
    });
  }

  override async restart(data: 'kept' | 'lost'): Promise<void> {
    await super.restart(data);
    if (data === 'lost') await this.#admitLocker();
  }

  async #admitLocker(): Promise<void> {
    await this.administer(async (query) => {
      for (const statement of ENGINES[this.engine].admitLocker) await query(statement);
    });
  }

  #url(account: typeof ADMIN | typeof LOCKER): string {
    return sqlUrl(this.engine, account, this.port);
  }
}

/** Starts an SQL server of one spec's own with settings of its own; it can be killed and started again. */
export function startSqlServer(engine: SqlEngine, options?: SqlOptions): Promise<SqlServer> {
  return SqlServer.start(engine, options);
}

export function startPostgres(options?: SqlOptions): Promise<SqlServer> {
  return startSqlServer('postgres', options);
}

export function startMariadb(options?: SqlOptions): Promise<SqlServer> {
  return startSqlServer('mariadb', options);
}
