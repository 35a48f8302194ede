import { checkKnown } from '../core/check-known.js';
import { LockOptionsError } from '../core/errors.js';
import { quoted, type SqlEngine } from '../sql/engine.js';
import { checkedTable } from '../sql/table-name.js';

export const DEFAULT_FENCE_TABLE = 'nestjs_locked_fences';

const ENGINES: readonly unknown[] = ['postgres', 'mysql', 'mariadb', 'sqlite'] satisfies SqlEngine[];

/** Where the fences stand, and how statements are written there. */
export interface FenceOptions {
  /** `'postgres'`, `'mysql'`, `'mariadb'` or `'sqlite'`. */
  readonly engine: SqlEngine;
  /** Default `nestjs_locked_fences`. A plain identifier. */
  readonly table?: string | undefined;
  /** Default: what the connection finds by itself. */
  readonly schema?: string | undefined;
  /** `'$'`: `$1`, `$2` …, default on PostgreSQL; `'?'`: default elsewhere, and what Knex and MikroORM want everywhere. */
  readonly placeholder?: '?' | '$' | undefined;
}

/** @throws LockOptionsError */
export function checkedEngine(engine: unknown): SqlEngine {
  if (ENGINES.includes(engine)) return engine as SqlEngine;
  throw new LockOptionsError('engine', `must be one of ${ENGINES.join(', ')}.`);
}

/** The fence table's name as it goes into SQL. */
export function fenceTable({ engine, table, schema }: FenceOptions): string {
  const path = schema === undefined ? [] : [checkedTable(schema, 'schema')];
  return quoted(checkedEngine(engine), ...path, checkedTable(table ?? DEFAULT_FENCE_TABLE));
}

/** @throws LockOptionsError naming the option that is unknown or out of bounds */
export function checkedOptions(options: FenceOptions): FenceOptions {
  checkKnown(options, ['engine', 'table', 'schema', 'placeholder']);
  const { placeholder } = options;
  if (placeholder !== undefined && placeholder !== '?' && (placeholder as unknown) !== '$') {
    throw new LockOptionsError('placeholder', "must be '?' or '$'.");
  }
  return options;
}
