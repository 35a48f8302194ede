import type { Lane, Lanes } from '../lanes.js';
import type { Grant, Listener, LockTable, Return, Returned, Row } from '../lock-table.js';
import type { MysqlPool } from './mysql.pool.js';
import type { mysqlStatements } from './mysql.statements.js';

type Statements = ReturnType<typeof mysqlStatements>;

/** For a key that is new, and once more for one that changes hands between two statements. */
const ROUNDS = 3;

/** MySQL cannot tell anybody anything: waiters look. */
const DEAF: Listener = { hears: false, close: () => undefined };

/** The lock table of a MySQL or MariaDB: every method is one statement in a transaction of its own, or two for a new key. */
export class MysqlTable implements LockTable {
  constructor(
    private readonly pool: MysqlPool,
    private readonly statements: Statements,
    private readonly lanes: Lanes,
  ) {}

  async acquire(key: string, owner: string, turns: number, leaseMs: number): Promise<Grant | Row | undefined> {
    const lease = Math.ceil(leaseMs);
    for (let round = 0; round < ROUNDS; round++) {
      const first = await this.#update('seeker', 'acquire', [owner, owner, turns, turns, lease, owner, key, owner]);
      if (first > 0n) return { first, last: first + BigInt(turns) - 1n, remainingMs: leaseMs };
      const [row] = await this.#rows('look', [key]);
      if (row === undefined) await this.#update('seeker', 'create', [key]);
      // Else it has become free in between, or our own request whose answer was lost has come through.
      else if (row[3] !== owner && Number(row[0]) > 0) return rowOf(row);
    }
    return undefined;
  }

  async renew(key: string, owner: string, leaseMs: number): Promise<boolean> {
    return (await this.#update('holder', 'renew', [Math.ceil(leaseMs), key, owner])) === 1n;
  }

  async release(key: string, owner: string, { used, keepMs }: Return): Promise<Returned | undefined> {
    const keep = Math.ceil(keepMs);
    const answer = await this.#update('holder', 'release', [used, keep, keep, key, owner]);
    return answer === 0n ? undefined : { wanted: answer === 2n };
  }

  async look(key: string): Promise<Row | undefined> {
    const [row] = await this.#rows('look', [key]);
    return row && rowOf(row);
  }

  async want(key: string, ms: number): Promise<number | undefined> {
    const row = await this.look(key);
    if (row === undefined || row.remainingMs <= 0) return undefined;
    const isLeft = row.wantedMs > ms / 2 || (await this.#update('seeker', 'want', [Math.ceil(ms), key])) === 1n;
    return isLeft ? row.remainingMs : undefined;
  }

  listen(): Listener {
    return DEAF;
  }

  async purge(after: string): Promise<string | undefined> {
    const [row] = await this.#rows('slice', [after]);
    const to = (row?.[0] as Buffer | undefined)?.toString();
    await this.#update('seeker', 'purge', [after, to ?? null, to ?? null]);
    return to;
  }

  async ping(): Promise<void> {
    await this.#rows('ping', []);
  }

  async close(): Promise<void> {
    await this.pool.close();
  }

  async #rows(statement: keyof Statements, values: readonly unknown[]): Promise<readonly (readonly unknown[])[]> {
    return (await this.#run('seeker', statement, values)) as readonly (readonly unknown[])[];
  }

  /** @returns what the statement has put into LAST_INSERT_ID(), 0 when it found no row */
  async #update(lane: Lane, statement: keyof Statements, values: readonly unknown[]): Promise<bigint> {
    const { insertId } = (await this.#run(lane, statement, values)) as { readonly insertId: number | string };
    return BigInt(insertId);
  }

  #run(lane: Lane, statement: keyof Statements, values: readonly unknown[]): Promise<unknown> {
    return this.lanes.run(lane, () => this.pool.execute(this.statements[statement], values));
  }
}

function rowOf([remainingMs, wantedMs, last]: readonly unknown[]): Row {
  return { remainingMs: Number(remainingMs), wantedMs: Number(wantedMs), last: BigInt(last as string) };
}
