import type { DataSource, EntityManager, QueryRunner } from 'typeorm';

/** Levels that every engine but SQLite knows; SQLite's transactions are serializable whatever is asked for. */
export type Isolation = 'READ COMMITTED' | 'REPEATABLE READ' | 'SERIALIZABLE';

/** An open transaction on a connection of its own. */
export interface Opened {
  readonly runner: QueryRunner;
  /** Called once, after the end: gives the connection back. */
  readonly close: () => Promise<void>;
}

/** Begins a transaction with `first`. When that fails nothing stays open, and its error is what is thrown. */
export async function begin(
  source: DataSource,
  isolation: Isolation | undefined,
  first: (runner: QueryRunner) => Promise<void>,
  restore?: (runner: QueryRunner) => Promise<void>,
): Promise<Opened> {
  const runner = source.createQueryRunner();
  let hasBegun = false;
  const close = async (): Promise<void> => {
    // Without a connection, or on one that is gone, there is nothing to restore.
    if (hasBegun && !runner.isReleased) await restore?.(runner).catch(() => undefined);
    await runner.release();
  };
  try {
    await runner.startTransaction(isolation);
    hasBegun = true;
    await first(runner);
    return { runner, close };
  } catch (error) {
    await rollBack(runner);
    await close();
    throw error;
  }
}

/**
 * Runs `work` in the transaction and commits it by `commit`. Whatever fails rolls back, and is thrown as it is.
 */
export async function complete<T>(
  { runner, close }: Opened,
  work: (manager: EntityManager) => Promise<T>,
  commit: (runner: QueryRunner) => Promise<void>,
): Promise<T> {
  try {
    const result = await work(runner.manager);
    await commit(runner);
    return result;
  } catch (error) {
    await rollBack(runner);
    throw error;
  } finally {
    await close();
  }
}

/** Never fails: what made it necessary is what has to be told. */
async function rollBack(runner: QueryRunner): Promise<void> {
  if (!runner.isTransactionActive || runner.isReleased) return;
  try {
    await runner.rollbackTransaction();
  } catch {
    // A subscriber may have thrown before the statement was sent: the connection must not go back with it open.
    await runner.query('ROLLBACK').catch(() => undefined);
  }
}
