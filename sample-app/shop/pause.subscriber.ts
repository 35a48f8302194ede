import { Injectable } from '@nestjs/common';
import { DataSource, type EntitySubscriberInterface, type QueryRunner } from 'typeorm';
import { onParentSays, tellParent } from './parent.js';

/**
 * Stands for what no lock can prevent: when told to, the process stops between the grant of its lock and the BEGIN of its
 * transaction, until somebody wakes it. What comes of that transaction is told afterwards.
 */
@Injectable()
export class PauseSubscriber implements EntitySubscriberInterface {
  private isToStop = false;
  private stopped: QueryRunner | undefined;

  constructor(dataSource: DataSource) {
    dataSource.subscribers.push(this);
    onParentSays('pause', () => {
      this.isToStop = true;
    });
  }

  async beforeTransactionStart({ queryRunner }: { queryRunner: QueryRunner }): Promise<void> {
    if (!this.isToStop) return;
    this.isToStop = false;
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
