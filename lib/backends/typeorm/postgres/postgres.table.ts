import type { DataSource } from 'typeorm';
import type { Lanes } from '../lanes.js';
import type { Grant, Listener, LockTable, Return, Returned, Row } from '../lock-table.js';
import { keyHash } from '../wakes.js';
import type { PgResult, PreparedStatements } from './postgres.pool.js';
import type { postgresStatements } from './postgres.statements.js';
import type { WakeChannel } from './wake-channel.js';

type Statement = keyof ReturnType<typeof postgresStatements>;

/** The lock table of a PostgreSQL: every method is one statement in a transaction of its own. */
export class PostgresTable implements LockTable {
  constructor(
    private readonly dataSource: DataSource,
    private readonly statements: PreparedStatements<Statement>,
    private readonly lanes: Lanes,
    private readonly wakeChannel: WakeChannel,
  ) {}

  async acquire(key: string, owner: string, turns: number, leaseMs: number): Promise<Grant | Row | undefined> {
    const { rows } = await this.#seek('acquire', [key, owner, turns, Math.ceil(leaseMs)]);
    const [first, last, remainingMs, wantedMs] = rows[0] ?? [];
    if (last === undefined) return undefined;
    const row = { last: bigint(last), remainingMs: Number(remainingMs) };
    return first === null ? { ...row, wantedMs: Number(wantedMs) } : { ...row, first: bigint(first) };
  }

  async renew(key: string, owner: string, leaseMs: number): Promise<boolean> {
    return (await this.#hold('renew', [key, owner, Math.ceil(leaseMs)])).rowCount === 1;
  }

  async release(key: string, owner: string, { used, keepMs }: Return): Promise<Returned | undefined> {
    const { channel } = this.wakeChannel;
    const { rows } = await this.#hold('release', [key, owner, used, Math.ceil(keepMs), channel, keyHash(key)]);
    return rows[0] && { wanted: rows[0][0] === true };
  }

  async look(key: string): Promise<Row | undefined> {
    const [row] = (await this.#seek('look', [key])).rows;
    return row && { remainingMs: Number(row[0]), wantedMs: Number(row[1]), last: bigint(row[2]) };
  }

  async want(key: string, ms: number): Promise<number | undefined> {
    const [remainingMs, isLeft] = (await this.#seek('want', [key, Math.ceil(ms)])).rows[0] ?? [];
    return isLeft === true && Number(remainingMs) > 0 ? Number(remainingMs) : undefined;
  }

  listen(key: string, wake: () => void): Listener {
    return this.wakeChannel.listen(keyHash(key), wake);
  }

  async purge(after: string): Promise<string | undefined> {
    const to = (await this.#seek('slice', [after])).rows[0]?.[0] as string | undefined;
    await this.#seek('purge', [after, to ?? null]);
    return to;
  }

  async ping(): Promise<void> {
    await this.#seek('ping', []);
  }

  async close(): Promise<void> {
    this.wakeChannel.close();
    await this.dataSource.destroy();
  }

  #seek(statement: Statement, values: readonly unknown[]): Promise<PgResult> {
    return this.lanes.run('seeker', () => this.statements.run(statement, values));
  }

  #hold(statement: Statement, values: readonly unknown[]): Promise<PgResult> {
    return this.lanes.run('holder', () => this.statements.run(statement, values));
  }
}

/** pg gives bigints as strings, unless the application has told it otherwise. */
function bigint(value: unknown): bigint {
  return BigInt(value as string | number | bigint);
}
