import type { SqlEngine } from '../../test/support/sql-engines.js';
import type { Bench } from '../support/bench.js';
import { inChild } from '../support/child.js';
import { type SqlRun, TITLES, uncontendedField } from './field.js';
import { onSql } from './on-sql.js';
import { manyPairs, onePair } from './pairs.work.js';

const KEYS = 64;
const TIMES = { leaseMs: 10_000, waitMs: 15_000 };
const ROW = 'sql/row';
const VERROU = 'sql/verrou';
const OURS = 'sql/nestjs-locked';

const one: SqlRun = (engine, entrant, { ms }) =>
  onSql(engine, (url) => inChild('sql/pairs.work', onePair, { ...entrant, ...TIMES, url, ms }));

const many: SqlRun = (engine, entrant, { ms }) =>
  onSql(engine, (url) => inChild('sql/pairs.work', manyPairs, { ...entrant, ...TIMES, url, ms, keys: KEYS }));

export function sqlUncontended(engine: SqlEngine): Bench {
  return {
    name: `${TITLES[engine]}, one process, one key, nobody else wants it`,
    settings: 'server defaults, prepared statements, one connection for the floor; statements counted in the driver',
    contestants: uncontendedField(engine, one, {
      'bare INSERT + DELETE': { module: ROW, poolSize: 1 },
      'Verrou (Knex)': { module: VERROU },
      'nestjs-locked': { module: OURS },
    }),
  };
}

export function sqlDistinct(engine: SqlEngine): Bench {
  return {
    name: `${TITLES[engine]}, one process, ${String(KEYS)} workers, each on a key of its own`,
    settings:
      'server defaults, prepared statements; statements counted in the driver; ours has 5 connections by default',
    contestants: uncontendedField(engine, many, {
      'bare INSERT + DELETE, 5 connections': { module: ROW, poolSize: 5 },
      'bare INSERT + DELETE, 10 connections': { module: ROW, poolSize: 10 },
      'Verrou (Knex), 10 connections': { module: VERROU, poolSize: 10 },
      'nestjs-locked, 5 connections': { module: OURS, poolSize: 5 },
      'nestjs-locked, 10 connections': { module: OURS, poolSize: 10 },
    }),
  };
}
