import type { SqlEngine } from '../../test/support/sql-engines.js';
import type { Bench, Measure } from '../support/bench.js';
import { inChild } from '../support/child.js';
import { sell } from './fence.work.js';
import { TITLES } from './field.js';
import { onSql } from './on-sql.js';

export function sqlFence(engine: SqlEngine): Bench {
  const measure =
    (fenced: boolean): Measure =>
    ({ ms }) =>
      onSql(engine, (url) => inChild('sql/fence.work', sell, { url, ms, fenced }));
  return {
    name: `${TITLES[engine]}, a transaction that changes one row, one after another`,
    settings: 'through TypeORM, server defaults; statements counted in the driver, START TRANSACTION and COMMIT too',
    contestants: { 'plain transaction': measure(false), fencedTransaction: measure(true) },
  };
}
