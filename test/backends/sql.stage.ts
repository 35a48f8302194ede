import { setTimeout as sleep } from 'node:timers/promises';
import { lockTableDdl, typeorm, type TypeOrmOptions } from '../../lib/backends/typeorm/index.js';
import type { LockBackend, Locker } from '../../lib/core/index.js';
import type { LockTable } from '../../lib/backends/typeorm/lock-table.js';
import { serverDialect } from '../../lib/backends/typeorm/server.options.js';
import { readServerUrl } from '../../lib/backends/typeorm/sql.url.js';
import { askUntil } from '../support/ask-until.js';
import type { SqlOptions } from '../support/sql-engines.js';
import { SqlServer } from '../support/sql-server.js';
import { Stage } from '../support/stage.js';

export type Engine = 'postgres' | 'mariadb';

/** A database server of one spec's own with the lock table in it, and a look behind the backends' back. */
export class SqlStage extends Stage {
  readonly #opened: LockBackend[] = [];

  private constructor(readonly server: SqlServer) {
    super(server.url);
  }

  static async start(engine: Engine, options?: SqlOptions): Promise<SqlStage> {
    const stage = new SqlStage(await SqlServer.start(engine, options));
    await stage.server.createTable(lockTableDdl(engine), 'nestjs_locked');
    return stage;
  }

  locker(to: string | TypeOrmOptions = this.server.url): Locker {
    return this.lockerOn(typeorm(typeof to === 'string' ? { url: to } : to));
  }

  /** As the user with the least rights. */
  open(): LockBackend {
    const backend = typeorm({ url: this.server.url });
    this.#opened.push(backend);
    return backend;
  }

  sql(statement: string, values?: unknown[]): Promise<Record<string, unknown>[]> {
    return this.server.administer((query) => query(statement, values));
  }

  async row(key: string): Promise<Record<string, unknown>> {
    return (await this.sql(`SELECT * FROM nestjs_locked WHERE name = '${key}'`))[0] ?? {};
  }

  /** The first token of the present hold. */
  async tokenOf(key: string): Promise<bigint> {
    return BigInt(((await this.row(key))['first_token'] ?? 0) as string | number);
  }

  /** Settles when somebody has left word that it waits. */
  untilAwaited(key: string): Promise<void> {
    return askUntil(
      `somebody waits for ${key}`,
      async () => Number((await this.row(key))['wanted_until']) > Date.now(),
    );
  }

  /** Keys that somebody holds, or that are kept. */
  held(): Promise<number> {
    return this.count('expires_at > 0');
  }

  async count(where: string): Promise<number> {
    const [row] = await this.sql(`SELECT count(*) AS n FROM nestjs_locked WHERE ${where}`);
    return Number(row?.['n']);
  }

  /** A day passes: the clock is behind no token any more, every free row looks old, and the janitor comes. */
  async purgeAsIfIdle(): Promise<void> {
    const [row] = await this.sql('SELECT max(last_token) / 1000 AS ms FROM nestjs_locked');
    await sleep(Math.max(0, Number(row?.['ms']) + 1 - Date.now()));
    await this.sql('UPDATE nestjs_locked SET last_token = last_token - 172800000000 WHERE expires_at = 0');
    const table = await this.table();
    for (let after: string | undefined = ''; after !== undefined;) after = await table.purge(after);
    await table.close();
  }

  /** Below the backend: the statements, without its policy. */
  table(): Promise<LockTable> {
    const read = readServerUrl(this.server.url);
    if (!read) throw new Error('no URL of a server');
    return serverDialect(read.connection, read.own).open();
  }

  /** Closes every backend and forgets every key. */
  async clear(): Promise<void> {
    for (const backend of this.#opened.splice(0)) await backend.close?.();
    await this.sql('DELETE FROM nestjs_locked');
  }

  async stop(): Promise<void> {
    await this.endAll();
    for (const backend of this.#opened.splice(0)) await backend.close?.();
    await this.server.stop();
  }
}
