import type { DataSource, EntityManager } from 'typeorm';
import { checkKnown } from '../../../core/check-known.js';
import type { Lease } from '../../../core/lease.js';
import type { LeaseSet } from '../../../core/lease-set.js';
import { refuseNested, runInside } from './current-transaction.js';
import { toldAsOurs } from './fence.diagnosis.js';
import { contextOf, GuardedBeginning } from './guarded.beginning.js';
import { placeOf } from './place.js';
import { complete, type Isolation } from './transaction.js';

export interface FencedTransactionOptions {
  /** Default: the DataSource's, or the server's. SQLite's transactions are serializable, whatever is asked for. */
  readonly isolation?: Isolation | undefined;
  /** The fence table; default `nestjs_locked_fences`. */
  readonly table?: string | undefined;
}

type Work<T> = (manager: EntityManager) => Promise<T>;

/**
 * Runs `work` in a database transaction that only the present holder of the lock can commit, whichever store gave the
 * lock. The guard is its first statement; a later holder's waits for the end of this one. Needs the fence table
 * (migration `CreateFences1767225600001`, or `fenceTableDdl()`) with the rights SELECT, INSERT and UPDATE.
 *
 * Contention on the guard is waited out while the lease is held. The server ends the transaction when it waits for a lock,
 * or its process is silent, for longer than the lease had left when it began (PostgreSQL and MariaDB; MySQL knows no such
 * bound): do nothing slow inside. On SQLite it runs on a connection of its own, one transaction at a time: let the
 * application's other transactions use {@link plainTransaction}.
 *
 * @returns what `work` returned, after COMMIT
 * @throws StaleTokenError: a newer holder was here; nothing was written
 * @throws LockLostError (or LockUsageError) when the lease is not held any more, before the transaction or before COMMIT
 * @throws LockUsageError inside a transaction of the same DataSource, for a SQLite database in memory, and where the
 *   resource is fenced by tokens of another kind of store
 * @throws LockBackendError when the guard's own statements fail: no fence table, no connection
 * @throws what `work`, its statements or COMMIT failed with, as it is
 */
export function fencedTransaction<T>(dataSource: DataSource, lease: Lease | LeaseSet, work: Work<T>): Promise<T>;
export function fencedTransaction<T>(
  dataSource: DataSource,
  lease: Lease | LeaseSet,
  options: FencedTransactionOptions,
  work: Work<T>,
): Promise<T>;
export async function fencedTransaction<T>(
  dataSource: DataSource,
  lease: Lease | LeaseSet,
  ...rest: readonly [Work<T>] | readonly [FencedTransactionOptions, Work<T>]
): Promise<T> {
  const [options, work] = rest.length === 1 ? [{}, rest[0]] : rest;
  checkKnown(options, ['isolation', 'table']);
  lease.assertHeld();
  refuseNested(dataSource);
  const context = contextOf(lease);
  const place = await placeOf(dataSource).catch((error: unknown) => {
    // Only MySQL and MariaDB are asked what they are.
    throw toldAsOurs('mysql', error, context);
  });
  const beginning = new GuardedBeginning(place, lease, options);
  const mayWait = (): boolean => beginning.mayWait();
  const progress = { begun: false };
  try {
    return await place.run(mayWait, async (source) => {
      const opened = await beginning.begin(source);
      progress.begun = true;
      return await complete(
        opened,
        (manager) => runInside(dataSource, manager, work),
        async (runner) => {
          lease.assertHeld();
          await place.commit(runner, mayWait);
        },
      );
    });
  } catch (error) {
    throw progress.begun ? error : toldAsOurs(place.engine, error, context);
  }
}
