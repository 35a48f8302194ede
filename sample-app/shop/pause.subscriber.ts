import { Injectable } from '@nestjs/common';
import { DataSource, type EntitySubscriberInterface, type QueryRunner } from 'typeorm';
import { onParentSays, tellParent } from './parent.js';

/** So many transactions of its own a process begins before it stops: by then all of them sell. */
const TRANSACTIONS = 5;

/**
 * Stands for what no lock can prevent: when told to, the process stops between the grant of its lock and the BEGIN of its
 * transaction, until somebody wakes it. What comes of that transaction is told afterwards.
 */
@Injectable()
export class PauseSubscriber implements EntitySubscriberInterface {
  private left = 0;
  private stopped: QueryRunner | undefined;

  constructor(dataSource: DataSource) {
    dataSource.subscribers.push(this);
    onParentSays('pause', () => {
      this.left = TRANSACTIONS;
    });
  }

  async beforeTransactionStart({ queryRunner }: { queryRunner: QueryRunner }): Promise<void> {
    if (this.left === 0 || --this.left > 0) return;
    this.stopped = queryRunner;
    await tellParent('paused');
    process.kill(process.pid, 'SIGSTOP');
  }

  afterTransactionCommit({ queryRunner }: { queryRunner: QueryRunner }): void {
    this.tell(queryRunner, 'written');
  }

  afterTransactionRollback({ queryRunner }: { queryRunner: QueryRunner }): void {
    this.tell(queryRunner, 'refused');
  }

  private tell(queryRunner: QueryRunner, outcome: 'written' | 'refused'): void {
    if (queryRunner !== this.stopped) return;
    this.stopped = undefined;
    void tellParent(outcome);
  }
}
