import type { DataSource, EntityManager } from 'typeorm';
import { systemClock } from '../../../core/clock.js';
import { refuseNested, runInside } from './current-transaction.js';
import { placeOf } from './place.js';
import { begin, complete } from './transaction.js';

/** How long a transaction waits for the write lock of SQLite, which other processes may hold. */
const PATIENCE_MS = 10_000;

/**
 * A transaction without a guard, through the same gate as {@link fencedTransaction}: on SQLite transactions of one process
 * run one after another, instead of nesting on TypeORM's only connection, and wait for those of other processes (10 s)
 * without stopping the event loop. Elsewhere it is a plain transaction.
 *
 * @returns what `work` returned, after COMMIT
 * @throws LockUsageError inside a transaction of the same DataSource, or for a SQLite database in memory
 * @throws what `work` or the database failed with, as it is
 */
export async function plainTransaction<T>(
  dataSource: DataSource,
  work: (manager: EntityManager) => Promise<T>,
): Promise<T> {
  refuseNested(dataSource);
  const place = await placeOf(dataSource);
  const until = systemClock.mono() + PATIENCE_MS;
  const mayWait = (): boolean => systemClock.mono() < until;
  return await place.run(mayWait, async (source) =>
    complete(
      await begin(source, undefined, () => place.enter(mayWait)),
      (manager) => runInside(dataSource, manager, work),
      (runner) => place.commit(runner, mayWait),
    ),
  );
}
