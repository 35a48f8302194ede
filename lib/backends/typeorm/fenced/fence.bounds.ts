import type { QueryRunner } from 'typeorm';
import type { Bind, Statement } from '../../../fencing/statement.js';
import type { SqlEngine } from '../../../sql/engine.js';

/**
 * How the server is told to end a transaction whose process was stopped: else its row would stay locked, and everybody
 * would wait for it. Nothing here costs a round trip: it travels with the guard's first statement.
 */
export interface Bounds {
  /** What the raising UPDATE reads beside its row, so that its own wait is bounded too. */
  readonly from?: (bind: Bind) => string;
  /** Puts a bound on the wait of a statement; the first one also sets the bound on idleness. */
  readonly around?: (statement: Statement, isFirst: boolean) => Statement;
  /** Undoes what would outlive the transaction, before the connection goes to others. */
  readonly restore?: (runner: QueryRunner) => Promise<void>;
}

/** @param leftMs how long the lease may be relied on */
export function boundsOf(engine: SqlEngine, leftMs: number): Bounds {
  if (engine === 'postgres') return postgresBounds(leftMs);
  return engine === 'mariadb' ? mariadbBounds(leftMs) : {};
}

function postgresBounds(leftMs: number): Bounds {
  const ms = String(Math.max(1, Math.floor(leftMs)));
  const setting = (name: string, bind: Bind): string => `set_config('${name}', ${bind(ms)}, true)`;
  return {
    // Local to the transaction, and in force for the wait of the very statement that sets it.
    from: (bind) =>
      ` FROM (SELECT ${setting('lock_timeout', bind)}, ${setting('idle_in_transaction_session_timeout', bind)}) AS bounds`,
  };
}

/** MariaDB counts in seconds; both of its bounds take 0 for another meaning than "at once". */
function mariadbBounds(leftMs: number): Bounds {
  const s = Math.max(1, Math.ceil(leftMs / 1000));
  return {
    around: ({ sql, params }, isFirst) => {
      const bounded = `SET STATEMENT innodb_lock_wait_timeout = ${s} FOR ${sql}`;
      if (!isFirst) return { sql: bounded, params };
      const set = `SET @nestjs_locked_idle = @@idle_transaction_timeout; SET SESSION idle_transaction_timeout = ${s}`;
      return { sql: `BEGIN NOT ATOMIC ${set}; ${bounded}; END`, params };
    },
    restore: async (runner) => {
      const connection = (await runner.connect()) as { query(sql: string, done: () => void): unknown };
      // Not waited for: the connection runs its statements one after another, whoever has it next. A connection that is
      // gone has nothing to be restored.
      connection.query('SET SESSION idle_transaction_timeout = @nestjs_locked_idle', () => undefined);
    },
  };
}
