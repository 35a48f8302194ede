import {
  type EntityManager,
  type EntityMetadata,
  type EntityTarget,
  type FindOptionsWhere,
  type ObjectLiteral,
  type QueryDeepPartialEntity,
  type SelectQueryBuilder,
} from 'typeorm';
import { LockUsageError, StaleTokenError } from '../../../core/errors.js';
import { fencesOf } from '../../../fencing/fences-of.js';
import type { FencingToken } from '../../../fencing/fencing-token.js';
import { asBigInt } from '../../../fencing/statement.js';
import type { SqlEngine } from '../../../sql/engine.js';

export interface FencedUpdateOptions {
  /** The entity's property that keeps the token: a nullable `bigint` column. Default `fence`. */
  readonly column?: string | undefined;
}

/**
 * The fence as a column of the application's own table, without a table of fences and without a transaction: one UPDATE
 * that a stale holder's token does not get past. All writers of the row must use it, and must be locked by the same key of
 * the same lock store: a column keeps tokens, not their kind.
 *
 * @param lease or a token from `parseFencingToken`
 * @param where made for one row: of several, those with a larger token are left out without a word as long as one is not
 * @returns how many rows are as `changes` say now; 0: none matches `where`
 * @throws StaleTokenError when the rows that match were written by a newer holder
 * @throws LockLostError when the lease is not held any more; LockUsageError when the entity has no such column
 */
export async function fencedUpdate<E extends ObjectLiteral>(
  manager: EntityManager,
  entity: EntityTarget<E>,
  lease: FencingToken,
  where: FindOptionsWhere<E>,
  changes: QueryDeepPartialEntity<E>,
  { column = 'fence' }: FencedUpdateOptions = {},
): Promise<number> {
  const [fence] = fencesOf(lease) as [FencingToken];
  const { property, name } = columnOf(manager.dataSource.getMetadata(entity), column);
  const escaped = manager.dataSource.driver.escape(name);
  const token = asBigInt(engineOf(manager), ':fencingToken');
  const { affected } = await manager
    .createQueryBuilder()
    .update(entity)
    .set({ ...changes, [property]: () => token })
    .where(where)
    .andWhere(`(${escaped} IS NULL OR ${escaped} <= ${token})`, { fencingToken: String(fence.token) })
    .execute();
  if (affected !== 0) return affected ?? 0;
  // MySQL without FOUND_ROWS counts no row that was as it should be, its token included. What tells a stale holder is a
  // larger token; a row with a smaller one was not there yet when the UPDATE looked.
  const found = (comparison: '>' | '='): SelectQueryBuilder<E> =>
    matching(manager, entity, where).andWhere(`row.${property} ${comparison} ${token}`, {
      fencingToken: String(fence.token),
    });
  if ((await found('>').getOne()) === null) return (await found('=').getMany()).length;
  throw new StaleTokenError({ key: fence.storeKey, backend: fence.backend });
}

function columnOf(metadata: EntityMetadata, property: string): { property: string; name: string } {
  const column = metadata.findColumnWithPropertyName(property);
  if (column) return { property, name: column.databaseName };
  throw new LockUsageError(`The entity has no property ${property} for the fencing token: a nullable bigint column.`);
}

function engineOf(manager: EntityManager): SqlEngine {
  const { type } = manager.dataSource.options;
  return type === 'postgres' ? 'postgres' : type === 'better-sqlite3' ? 'sqlite' : 'mysql';
}

/** What the UPDATE saw: with a snapshot of MySQL's an older state would be read otherwise. */
function matching<E extends ObjectLiteral>(
  manager: EntityManager,
  entity: EntityTarget<E>,
  where: FindOptionsWhere<E>,
): SelectQueryBuilder<E> {
  const query = manager.createQueryBuilder(entity, 'row').withDeleted().where(where);
  const isLocking = manager.queryRunner?.isTransactionActive === true && engineOf(manager) !== 'sqlite';
  return isLocking ? query.setLock('pessimistic_read') : query;
}
