import type { DataSource, QueryRunner } from 'typeorm';
import { type ClockTimer, systemClock } from '../../../core/clock.js';
import { backOff } from '../back-off.js';
import { diagnoseSqlite } from '../sqlite/sqlite.diagnosis.js';
import { openBeside, type SqliteConnection } from './sqlite.connection.js';

/** How long the connection stays open when nobody uses it. */
const LINGER_MS = 1_000;

const gates = new WeakMap<DataSource, SqliteGate>();

/** The gate of a SQLite DataSource: one per process, or two would keep each other waiting. */
export function sqliteGateOf(dataSource: DataSource): SqliteGate {
  let gate = gates.get(dataSource);
  if (!gate) gates.set(dataSource, (gate = new SqliteGate(dataSource)));
  return gate;
}

/** Lets the transactions of a process through one after another, on a connection of their own. */
export class SqliteGate {
  #last: Promise<unknown> = Promise.resolve();
  #users = 0;
  #connection: SqliteConnection | undefined;
  #linger: ClockTimer | undefined;

  constructor(private readonly dataSource: DataSource) {}

  /** Runs `work` when its turn has come: it may begin a transaction, which has to {@link enter}. */
  async run<T>(mayWait: () => boolean, work: (source: DataSource) => Promise<T>): Promise<T> {
    this.#users++;
    this.#linger?.cancel();
    const turn = this.#last.then(() => this.#turn(mayWait, work));
    this.#last = turn.catch(() => undefined);
    try {
      return await turn;
    } finally {
      if (--this.#users === 0) this.#linger = systemClock.setTimer(() => void this.#close(), LINGER_MS);
    }
  }

  /** Takes the write lock for the transaction that TypeORM has begun in this turn. */
  async enter(mayWait: () => boolean): Promise<void> {
    await patiently(mayWait, () => Promise.resolve(this.#connection?.handle.exec('BEGIN IMMEDIATE')));
  }

  /**
   * Outside of WAL a commit waits for readers; the transaction stays open meanwhile, and new readers wait for it. Only the
   * statement is repeated: subscribers hear of one commit once.
   */
  async commit(runner: QueryRunner, mayWait: () => boolean): Promise<void> {
    const query = runner.query.bind(runner) as (...args: unknown[]) => Promise<unknown>;
    const waiting = (sql: unknown, ...rest: unknown[]): Promise<unknown> =>
      sql === 'COMMIT' ? patiently(mayWait, () => query(sql, ...rest)) : query(sql, ...rest);
    await Object.assign(runner, { query: waiting }).commitTransaction();
  }

  async #turn<T>(mayWait: () => boolean, work: (source: DataSource) => Promise<T>): Promise<T> {
    const connection = await patiently(mayWait, async () => (this.#connection ??= await openBeside(this.dataSource)));
    connection.isOpen = true;
    const runner = connection.source.createQueryRunner();
    try {
      return await work(connection.source);
    } finally {
      connection.isOpen = false;
      // A subscriber that throws can leave TypeORM in another mind about the transaction than SQLite.
      if (connection.handle.inTransaction || runner.isTransactionActive) await this.#close();
      retire(connection.source, runner);
    }
  }

  async #close(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    await connection?.source.destroy().catch(() => undefined);
  }
}

/**
 * Has what is still at work with the manager of a turn that is over be refused, as on other engines: TypeORM keeps one runner
 * per SQLite DataSource, and the next holder's transaction would be on it.
 */
function retire(source: DataSource, runner: QueryRunner): void {
  Object.assign(runner, { isReleased: true });
  Object.assign(source.driver, { queryRunner: undefined });
}

/** Repeats what fails because of other processes while that is of any use. */
async function patiently<T>(mayWait: () => boolean, operation: () => Promise<T>): Promise<T> {
  for (let failed = 1; ; failed++) {
    try {
      return await operation();
    } catch (error) {
      if (diagnoseSqlite(error).trouble !== 'rival' || !mayWait()) throw error;
    }
    await backOff(failed);
  }
}
