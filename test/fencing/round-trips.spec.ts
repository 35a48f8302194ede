import type { DataSource, Logger } from 'typeorm';
import { fencedTransaction, plainTransaction } from '../../lib/backends/typeorm/index.js';
import { FencedStage, newLocker, sell, someStock, STAGE_ENGINES } from './fenced.stage.js';

/** Counts what is sent to the driver through TypeORM, which is all that a transaction waits for. */
class Counter implements Logger {
  statements: string[] = [];

  logQuery(query: string): void {
    this.statements.push(query);
  }
  logQueryError(): void {}
  logQuerySlow(): void {}
  logSchemaBuild(): void {}
  logMigration(): void {}
  log(): void {}

  async count(work: () => Promise<unknown>): Promise<string[]> {
    this.statements = [];
    await work();
    return this.statements;
  }
}

describe.each(STAGE_ENGINES)('a guarded transaction on %s', (engine) => {
  let stage: FencedStage;
  let dataSource: DataSource;
  const counter = new Counter();

  beforeAll(async () => {
    stage = await FencedStage.start(engine);
    dataSource = await stage.open({ logger: counter });
  }, 120_000);

  afterAll(() => stage.stop());

  it('sends one statement more than an unguarded one', async () => {
    const { id, key } = await someStock(dataSource);
    const lease = await newLocker().acquire(key);
    await fencedTransaction(dataSource, lease, sell(id));
    const plain = await counter.count(() => plainTransaction(dataSource, sell(id)));
    const guarded = await counter.count(() => fencedTransaction(dataSource, lease, sell(id)));
    expect(plain).toHaveLength(3);
    expect(guarded).toEqual([plain[0], expect.stringMatching(/UPDATE .nestjs_locked_fences/), ...plain.slice(1)]);
    const typeorms = await counter.count(() => dataSource.transaction(sell(id)));
    expect(plain).toEqual(typeorms);
  });

  it('sends one more for each further key of a set', async () => {
    const { id, key } = await someStock(dataSource);
    const set = await newLocker().acquire([`${key}:a`, `${key}:b`, `${key}:c`]);
    await fencedTransaction(dataSource, set, sell(id));
    expect(await counter.count(() => fencedTransaction(dataSource, set, sell(id)))).toHaveLength(6);
  });
});

describe('the bounds of a guarded transaction', () => {
  it.each(['postgres', 'mariadb'] as const)(
    'are gone when %s has ended it',
    async (engine) => {
      const stage = await FencedStage.start(engine);
      try {
        const dataSource = await stage.open({ poolSize: 1 });
        const { id, key } = await someStock(dataSource);
        const lease = await newLocker().acquire(key, { lease: '10s' });
        const ask = {
          postgres: `SELECT current_setting('lock_timeout') AS wait, current_setting('idle_in_transaction_session_timeout') AS idle`,
          mariadb: 'SELECT @@innodb_lock_wait_timeout AS wait, @@idle_transaction_timeout AS idle',
        }[engine];
        type Bounds = [{ wait: string | number; idle: string | number }];
        const before = await dataSource.query<Bounds>(ask);
        const inside = await fencedTransaction(dataSource, lease, async (manager) => {
          await sell(id)(manager);
          return manager.query<Bounds>(ask);
        });
        expect(inside[0].idle).not.toEqual(before[0].idle);
        const [{ wait, idle }] = inside;
        // In ms, local to the transaction; in s, and the wait only for the guard.
        expect(parseInt(String(idle), 10)).toBeLessThanOrEqual(engine === 'postgres' ? 9_900 : 10);
        if (engine === 'postgres') expect(wait).toEqual(idle);
        expect(await dataSource.query(ask)).toEqual(before);
        expect(await dataSource.query(ask)).toEqual(before);
        const failed = fencedTransaction(dataSource, lease, () => Promise.reject(new Error('no')));
        await expect(failed).rejects.toThrow('no');
        expect(await dataSource.query(ask)).toEqual(before);
      } finally {
        await stage.stop();
      }
    },
    120_000,
  );
});
