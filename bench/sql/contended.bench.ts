import type { SqlEngine } from '../../test/support/sql-engines.js';
import type { Bench } from '../support/bench.js';
import { crowdFigures, grantsOf } from '../support/crowd.figures.js';
import { weMustNot } from '../support/entrant.js';
import { crowds, WAIT_MS } from './crowds.js';
import { contendedField, SESSION_LOCKS, type SqlRun, TITLES } from './field.js';

const PROCESSES = 4;
const WORKERS = 25;

const contended: SqlRun = async (engine, entrant, { ms }) => {
  const size = { processes: PROCESSES, workers: WORKERS, ms };
  const { logs, statementsPerGrant, timedOut, expired, deadlocks } = await crowds(engine, entrant, size);
  const starved = grantsOf(logs, WORKERS).filter((grants) => grants === 0).length;
  weMustNot('a worker was starved', starved, entrant);
  const figures = crowdFigures(logs, size);
  return { ...figures, 'statements/grant': statementsPerGrant, starved, 'timed out': timedOut, expired, deadlocks };
};

export function sqlContended(engine: SqlEngine): Bench {
  return {
    name: `${TITLES[engine]}, one key, ${String(PROCESSES)} processes × ${String(WORKERS)} workers`,
    settings:
      `empty section; wait ${String(WAIT_MS / 1000)} s; ${SESSION_LOCKS[engine]} with a connection per worker; ` +
      'Verrou at the best of 1, 10 and 50 ms; ours: 64 turns, 25 ms, 5 connections per process; ' +
      'no two may be inside, tokens grow; statements counted in the driver',
    better: 'more',
    contestants: contendedField(engine, contended),
  };
}
