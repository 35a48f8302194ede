import type { DataSource } from 'typeorm';
import type { Grant, Listener, LockTable, Return, Returned, Row } from '../lock-table.js';
import type { SqliteHandle, SqliteStatement } from './sqlite.handle.js';
import { sqliteStatements, TELL_WANTED } from './sqlite.statements.js';
import type { WakeFiles } from './wake-files.js';

type Statements = Readonly<Record<keyof ReturnType<typeof sqliteStatements>, SqliteStatement>>;

/** Statements on the connection itself: TypeORM's query runner would cost more than SQLite does. */
export class SqliteTable implements LockTable {
  readonly #statements: Statements;
  /** Whether the row of the last release was wanted. */
  #wanted = false;

  constructor(
    private readonly dataSource: DataSource,
    handle: SqliteHandle,
    private readonly wakeFiles: WakeFiles,
    table: string,
  ) {
    handle.function(TELL_WANTED, (until) => {
      this.#wanted = true;
      return until;
    });
    const { renew, release, want, purge, ...reading } = sqliteStatements(table);
    this.#statements = {
      ...mapValues(reading, (sql) => handle.prepare(sql).raw()),
      ...mapValues({ renew, release, want, purge }, (sql) => handle.prepare(sql)),
    };
  }

  acquire(key: string, owner: string, turns: number, leaseMs: number): Grant | Row | undefined {
    const [row] = this.#statements.acquire.all(key, owner, turns, Math.ceil(leaseMs)) as [number, number, number][];
    return row ? { first: BigInt(row[0]), last: BigInt(row[1]), remainingMs: row[2] } : this.look(key);
  }

  renew(key: string, owner: string, leaseMs: number): boolean {
    return this.#statements.renew.run(Math.ceil(leaseMs), key, owner).changes === 1;
  }

  release(key: string, owner: string, { used, keepMs }: Return): Returned | undefined {
    const keep = Math.ceil(keepMs);
    // Of an attempt that failed behind the function.
    this.#takeWanted();
    const { changes } = this.#statements.release.run(used, keep, keep, key, owner);
    if (changes === 0) return undefined;
    const wanted = this.#takeWanted();
    if (wanted) this.wakeFiles.tell(key);
    return { wanted };
  }

  #takeWanted(): boolean {
    const wanted = this.#wanted;
    this.#wanted = false;
    return wanted;
  }

  look(key: string): Row | undefined {
    const [row] = this.#statements.look.all(key) as [number, number, number][];
    return row && { remainingMs: row[0], wantedMs: row[1], last: BigInt(row[2]) };
  }

  want(key: string, ms: number): number | undefined {
    const row = this.look(key);
    if (row === undefined || row.remainingMs <= 0) return undefined;
    const isLeft = row.wantedMs > ms / 2 || this.#statements.want.run(ms, key).changes === 1;
    return isLeft ? row.remainingMs : undefined;
  }

  listen(key: string, wake: () => void): Listener {
    return this.wakeFiles.listen(key, wake);
  }

  purge(after: string): string | undefined {
    const to = this.#statements.slice.all(after)[0]?.[0] as string | undefined;
    this.#statements.purge.run(after, to ?? null, to ?? null);
    return to;
  }

  ping(): void {
    this.#statements.ping.all();
  }

  async close(): Promise<void> {
    this.wakeFiles.close();
    await this.dataSource.destroy();
  }
}

function mapValues<K extends string, V, W>(record: Readonly<Record<K, V>>, map: (value: V) => W): Record<K, W> {
  return Object.fromEntries(Object.entries<V>(record).map(([key, value]) => [key, map(value)])) as Record<K, W>;
}
