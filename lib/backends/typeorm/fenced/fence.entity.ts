import { EntitySchema } from 'typeorm';
import { checkedEngine, DEFAULT_FENCE_TABLE } from '../../../fencing/fence.options.js';
import type { SqlEngine } from '../../../sql/engine.js';
import { checkedTable } from '../../../sql/table-name.js';

/** A row of the fence table. */
export interface FenceRow {
  /** The key, namespace included. */
  resource: string;
  /** Kind of the lock store whose tokens are compared. */
  backend: string;
  /** The largest that was let through. */
  token: bigint;
  /** How often something was let through. */
  raised: bigint;
}

// Drivers tell a bigint as a string, SQLite's as a number; MySQL tells binary text as bytes.
const BIG = { from: (value: string | number) => BigInt(value), to: String };
const TEXT = { from: (value: string | Buffer) => value.toString(), to: (value: unknown) => value };

/**
 * The fence table as an entity: for applications that look into it, or compare their schema with their entities.
 *
 * @throws LockOptionsError for an unknown engine, or a name that is no plain identifier
 */
export function fenceEntity(engine: SqlEngine, table?: string): EntitySchema<FenceRow> {
  const resource = {
    postgres: { type: 'text', collation: 'C' },
    mysql: { type: 'varbinary', length: 512 },
    mariadb: { type: 'varbinary', length: 512 },
    sqlite: { type: 'text' },
  } as const;
  return new EntitySchema<FenceRow>({
    name: 'Fence',
    tableName: checkedTable(table ?? DEFAULT_FENCE_TABLE),
    withoutRowid: engine === 'sqlite',
    columns: {
      resource: { ...resource[checkedEngine(engine)], primary: true, transformer: TEXT },
      backend: { type: 'varchar', length: 32 },
      token: { type: 'bigint', transformer: BIG },
      raised: { type: 'bigint', transformer: BIG },
    },
  });
}
