import { EntitySchema, type EntitySchemaColumnOptions } from 'typeorm';
import { LockOptionsError } from '../../core/errors.js';
import { checkedTable } from '../../sql/table-name.js';

/** A row of the lock table. Times are ms since the epoch by the database's clock. */
export interface LockRow {
  /** The key, namespace included; bytes in MySQL and MariaDB. */
  name: string | Buffer;
  /** Who holds it: a capability, never to be shown. `null`: nobody. */
  owner: string | null;
  /** The block of tokens that was granted last. */
  firstToken: number;
  lastToken: number;
  /** The key is free from here on. */
  expiresAt: number;
  /** Until then somebody waits to be told of a release. */
  wantedUntil: number;
}

/** What differs from engine to engine: how names are compared by their bytes, and where the primary key is the table. */
const NAMES: Readonly<Record<string, { readonly name: Column; readonly owner: Column }>> = {
  postgres: { name: { type: 'text', collation: 'C' }, owner: { type: 'text' } },
  mysql: { name: { type: 'varbinary', length: 512 }, owner: asciiOf(64) },
  mariadb: { name: { type: 'varbinary', length: 512 }, owner: asciiOf(64) },
  'better-sqlite3': { name: { type: 'text' }, owner: { type: 'text' } },
};

type Column = Omit<EntitySchemaColumnOptions, 'primary'>;

/**
 * The lock table as an entity, for applications that look into it. Only this package may write to it.
 *
 * @param engine TypeORM's name of it: `postgres`, `mysql`, `mariadb`, `better-sqlite3`
 */
export function lockEntity(engine: string, table?: string): EntitySchema<LockRow> {
  const names = Object.hasOwn(NAMES, engine) ? NAMES[engine] : undefined;
  if (!names) throw new LockOptionsError('engine', `must be one of ${Object.keys(NAMES).join(', ')}.`);
  return new EntitySchema<LockRow>({
    name: 'Lock',
    tableName: checkedTable(table),
    withoutRowid: engine === 'better-sqlite3',
    columns: {
      name: { ...names.name, primary: true },
      owner: { ...names.owner, nullable: true },
      firstToken: { name: 'first_token', type: 'bigint' },
      lastToken: { name: 'last_token', type: 'bigint' },
      expiresAt: { name: 'expires_at', type: 'bigint' },
      wantedUntil: { name: 'wanted_until', type: 'bigint', default: 0 },
    },
  });
}

function asciiOf(length: number): Column {
  return { type: 'varchar', length, charset: 'ascii', collation: 'ascii_bin' };
}
