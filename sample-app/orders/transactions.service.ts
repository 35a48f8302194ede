import { setTimeout } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, QueryFailedError } from 'typeorm';

/** How long a transaction waits for those of other processes. */
const PATIENCE_MS = 10_000;

/**
 * The gate for all writes to SQLite. TypeORM has one connection to it, so two transactions at a time would nest, and the
 * roll-back of one would take the other's work with it: here they run one after another.
 */
@Injectable()
export class TransactionsService {
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly dataSource: DataSource) {}

  /** Commits what `work` did, or nothing. Use `insert`, `update`, `delete`: `save` would begin one of its own. */
  run<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    const turn = this.last.then(() => this.transact(work));
    this.last = turn.catch(() => undefined);
    return turn;
  }

  private async transact<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    await this.begin();
    try {
      const result = await work(this.dataSource.manager);
      await this.dataSource.query('COMMIT');
      return result;
    } catch (error) {
      await this.dataSource.query('ROLLBACK');
      throw error;
    }
  }

  /** IMMEDIATE takes the write lock now, so that nothing inside can fail with SQLITE_BUSY. */
  private async begin(): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      try {
        await this.dataSource.query('BEGIN IMMEDIATE');
        return;
      } catch (error) {
        if (!isBusy(error) || performance.now() > deadline) throw error;
        // Not SQLite's own busy handler: it would stop the event loop while it waits.
        await setTimeout(1 + Math.random());
      }
    }
  }
}

function isBusy(error: unknown): boolean {
  if (!(error instanceof QueryFailedError)) return false;
  const { code } = error.driverError as { code?: string };
  return code?.startsWith('SQLITE_BUSY') ?? false;
}
