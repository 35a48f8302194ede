import type { SqlEngine } from '../../test/support/sql-engines.js';
import type { Bench, Figures, Measure, Scale, Variants } from '../support/bench.js';
import { CONTROL, type Entrant, OURS } from '../support/entrant.js';

/** A run on a server of one engine. */
export type SqlRun = (engine: SqlEngine, entrant: Entrant, scale: Scale) => Promise<Figures>;

export const TITLES: Readonly<Record<SqlEngine, string>> = { postgres: 'PostgreSQL', mariadb: 'MariaDB' };
export const SESSION_LOCKS: Readonly<Record<SqlEngine, string>> = {
  postgres: 'pg_advisory_lock',
  mariadb: 'GET_LOCK',
};
const LOCKED = `sql/${OURS}`;
const RETRY_MS = [1, 10, 50];
/** Where nobody waits no interval matters. */
const ANY_MS = 10;

/** Where nobody waits: the bare row over so many connections, Verrou, and ours, by their names in the table. */
export function uncontendedField(
  engine: SqlEngine,
  run: SqlRun,
  setups: Readonly<Record<string, Omit<Entrant, 'retryMs'>>>,
): Bench['contestants'] {
  return Object.fromEntries(
    Object.entries(setups).map(([name, entrant]) => [name, entry(engine, run, { retryMs: ANY_MS, ...entrant })]),
  );
}

/** Where they wait: the server's own locks, Verrou at each of its intervals, ours with hand-over and without, the control. */
export function contendedField(engine: SqlEngine, run: SqlRun): Bench['contestants'] {
  const verrou: Variants = Object.fromEntries(
    RETRY_MS.map((retryMs) => [`${String(retryMs)} ms`, entry(engine, run, { module: 'sql/verrou', retryMs })]),
  );
  return {
    [SESSION_LOCKS[engine]]: entry(engine, run, { module: 'sql/session-lock', retryMs: ANY_MS }),
    'Verrou (Knex)': verrou,
    [OURS]: entry(engine, run, { module: LOCKED, retryMs: ANY_MS }),
    [`${OURS}, hand-over off`]: entry(engine, run, { module: LOCKED, retryMs: ANY_MS, handOver: false }),
    'no lock': entry(engine, run, { module: CONTROL, retryMs: ANY_MS }),
  };
}

function entry(engine: SqlEngine, run: SqlRun, entrant: Entrant): Measure {
  return (scale) => run(engine, entrant, scale);
}
