import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import type { DataSource, Logger } from 'typeorm';
import { fencedTransaction } from '../../lib/backends/typeorm/index.js';
import { guard } from '../../lib/fencing/index.js';
import { FencedStage, newLocker, rivals, sell, sold, someStock } from './fenced.stage.js';

const silent: Logger = {
  logQuery: () => undefined,
  logQueryError: () => undefined,
  logQuerySlow: () => undefined,
  logSchemaBuild: () => undefined,
  logMigration: () => undefined,
  log: () => undefined,
};

const RUNS = 256;
const AT_ONCE = 16;

/*
 * PostgreSQL tells the newer holder 40001 when the older transaction, begun before, commits while it waits: at a level above
 * READ COMMITTED that is no staleness, but the order in which the two are.
 */
describe.each(['postgres', 'mariadb'] as const)('a newer holder against an open transaction on %s', (engine) => {
  let stage: FencedStage;
  let dataSource: DataSource;

  beforeAll(async () => {
    stage = await FencedStage.start(engine);
    dataSource = await stage.open();
  }, 120_000);

  afterAll(() => stage.stop());

  it.each(['commits', 'rolls back'])(`goes through in ${RUNS} runs when the older one %s`, async (end) => {
    const run = async (): Promise<void> => {
      const { id, key } = await someStock(dataSource);
      const { older, newer } = await rivals(key);
      // The row is there: a guard of one's own would make it inside its transaction, and MariaDB finds deadlocks then.
      await fencedTransaction(dataSource, older, () => Promise.resolve());
      let runnerUp: Promise<void> | undefined;
      const first = dataSource.transaction('REPEATABLE READ', async (manager) => {
        const execute = async (sql: string, params: readonly unknown[]): Promise<number> =>
          (await manager.queryRunner!.query(sql, [...params], true)).affected ?? 0;
        await guard(older, execute, { engine });
        await sell(id)(manager);
        runnerUp = fencedTransaction(dataSource, newer, { isolation: 'REPEATABLE READ' }, sell(id));
        await sleep(5 * Math.random());
        if (end === 'rolls back') throw new Error('changed my mind');
      });
      if (end === 'commits') await first;
      else await expect(first).rejects.toThrow('changed my mind');
      await runnerUp;
      expect(await sold(dataSource, id)).toBe(end === 'commits' ? 2 : 1);
    };
    for (let i = 0; i < RUNS; i += AT_ONCE) await Promise.all(Array.from({ length: AT_ONCE }, run));
  });

  it('lets many holders of one key through, one after another', async () => {
    const { id, key } = await someStock(dataSource);
    const locker = newLocker();
    const sale = (): Promise<void> =>
      locker.using(key, { wait: '20s' }, (lease) =>
        fencedTransaction(dataSource, lease, { isolation: 'REPEATABLE READ' }, sell(id)),
      );
    await Promise.all(Array.from({ length: 100 }, sale));
    expect(await sold(dataSource, id)).toBe(100);
  });

  it('makes a missing row without a deadlock when many want it at once', async () => {
    const { id, key } = await someStock(dataSource);
    const lease = await newLocker().acquire(key);
    const errors: string[] = [];
    const logger = { ...silent, logQueryError: (error: string | Error) => void errors.push(inspect(error)) };
    const crowd = await stage.open({ logger });
    // Connections that are open already: else they come one after another.
    await Promise.all(Array.from({ length: 20 }, () => crowd.transaction(() => sleep(50))));
    const sale = (): Promise<void> => fencedTransaction(crowd, lease, { isolation: 'REPEATABLE READ' }, sell(id));
    await Promise.all(Array.from({ length: 20 }, sale));
    expect(errors.filter((error) => /deadlock/i.test(error))).toEqual([]);
    expect(await sold(dataSource, id)).toBe(20);
  });
});
