import type { SqlEngine } from '../sql/engine.js';
import { checkedEngine, fenceTable } from './fence.options.js';

/** Types of the columns. Keys are compared byte by byte: an engine's default collation may fold case and accents. */
const TYPES: Readonly<Record<SqlEngine, { readonly resource: string; readonly end: string }>> = {
  postgres: { resource: 'text COLLATE "C"', end: '' },
  mysql: { resource: 'varbinary(512)', end: ' ENGINE=InnoDB' },
  mariadb: { resource: 'varbinary(512)', end: ' ENGINE=InnoDB' },
  sqlite: { resource: 'text', end: ' WITHOUT ROWID' },
};

/**
 * DDL of the table of fences, for the database that is to be guarded: a row per resource, never purged. It has nothing to
 * do with the lock store's own table. Rights needed on it: SELECT, INSERT and UPDATE.
 *
 * @param table default `nestjs_locked_fences`
 * @param schema default: where the connection makes tables
 * @throws LockOptionsError for an unknown engine, or a name that is no plain identifier
 */
export function fenceTableDdl(engine: SqlEngine, table?: string, schema?: string): string {
  const { resource, end } = TYPES[checkedEngine(engine)];
  // `raised` counts successful updates: each changes its row, so that no driver can take it for one that had no effect.
  return `CREATE TABLE IF NOT EXISTS ${fenceTable({ engine, table, schema })} (
  resource ${resource} NOT NULL PRIMARY KEY,
  backend varchar(32) NOT NULL,
  token bigint NOT NULL,
  raised bigint NOT NULL
)${end}`;
}
