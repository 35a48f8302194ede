import { EntitySchema } from 'typeorm';
import { checkedTable } from './table-name.js';

/** A row of the lock table. Times are ms since the epoch by the database's clock. */
export interface LockRow {
  /** The key, namespace included. */
  name: string;
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

/** The lock table as an entity, for applications that look into it. Only this package may write to it. */
export function lockEntity(table?: string): EntitySchema<LockRow> {
  return new EntitySchema<LockRow>({
    name: 'Lock',
    tableName: checkedTable(table),
    withoutRowid: true,
    columns: {
      name: { type: 'text', primary: true },
      owner: { type: 'text', nullable: true },
      firstToken: { name: 'first_token', type: 'bigint' },
      lastToken: { name: 'last_token', type: 'bigint' },
      expiresAt: { name: 'expires_at', type: 'bigint' },
      wantedUntil: { name: 'wanted_until', type: 'bigint', default: 0 },
    },
  });
}
