import { AsyncLocalStorage } from 'node:async_hooks';
import type { DataSource, EntityManager } from 'typeorm';
import { LockUsageError } from '../../../core/errors.js';

/** One open transaction of the running work, and those around it. */
interface TransactionScope {
  /** The user's, also where the transaction runs on a connection of ours. */
  readonly dataSource: DataSource;
  readonly manager: EntityManager;
  readonly outer: TransactionScope | undefined;
  over: boolean;
}

const scopes = new AsyncLocalStorage<TransactionScope>();

/** Runs `work` as the one inside the transaction of `manager`. */
export async function runInside<T>(
  dataSource: DataSource,
  manager: EntityManager,
  work: (manager: EntityManager) => Promise<T>,
): Promise<T> {
  const scope: TransactionScope = { dataSource, manager, outer: scopes.getStore(), over: false };
  try {
    return await scopes.run(scope, () => work(manager));
  } finally {
    // Whoever was not waited for must not find a transaction that has ended.
    scope.over = true;
  }
}

/**
 * Has {@link currentTransaction} give `manager` in `work`: for tests of methods that work inside a transaction, with a
 * manager of a test database or one that only notes what it is asked.
 */
export function insideTransaction<T>(manager: EntityManager, work: () => Promise<T>): Promise<T> {
  return runInside(manager.dataSource, manager, work);
}

/**
 * The manager of the transaction that the running work is in: of the innermost `fencedTransaction` or `plainTransaction`.
 *
 * @throws LockUsageError outside of one
 */
export function currentTransaction(): EntityManager {
  const manager = findCurrentTransaction();
  if (manager) return manager;
  const where = 'Call it in the work of fencedTransaction() or plainTransaction(), in the same async context.';
  throw new LockUsageError(`No transaction is open here. ${where}`);
}

/** As {@link currentTransaction}, but `undefined` outside. */
export function findCurrentTransaction(): EntityManager | undefined {
  return find(() => true)?.manager;
}

/** @throws LockUsageError when a transaction of this DataSource is open already in the running work */
export function refuseNested(dataSource: DataSource): void {
  // typeorm-transactional puts the manager of its transaction there.
  const { queryRunner } = dataSource.manager;
  if (!find((scope) => scope.dataSource === dataSource) && queryRunner?.isTransactionActive !== true) return;
  throw new LockUsageError(
    'A transaction of this DataSource is open here already. The lock would go back before that one commits, and the next ' +
      'holder would not see its writes. Use currentTransaction() in the inner method, or begin no transaction around it.',
  );
}

function find(wanted: (scope: TransactionScope) => boolean): TransactionScope | undefined {
  for (let scope = scopes.getStore(); scope; scope = scope.outer) if (!scope.over && wanted(scope)) return scope;
  return undefined;
}
