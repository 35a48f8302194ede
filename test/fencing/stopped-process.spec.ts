import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fencedTransaction } from '../../lib/backends/typeorm/index.js';
import { FencedStage, newLocker, sell, sold, someStock } from './fenced.stage.js';

const LEASE_MS = 2_000;

describe.each(['postgres', 'mariadb'] as const)(
  'a process that is stopped inside a fenced transaction on %s',
  (engine) => {
    let stage: FencedStage;
    let child: ChildProcess | undefined;

    beforeAll(async () => {
      stage = await FencedStage.start(engine);
    }, 120_000);

    afterAll(async () => {
      child?.kill('SIGKILL');
      await stage.stop();
    });

    it('is left behind by the server, and the next holder goes on', async () => {
      const dataSource = await stage.open();
      const { id, key } = await someStock(dataSource);
      child = fork(
        join(process.cwd(), 'test/fencing/stopped-process.child.mjs'),
        [engine, stage.url, key, `${LEASE_MS}ms`],
        {
          execArgv: [],
        },
      );
      await once(child, 'message');
      child.kill('SIGSTOP');
      const since = performance.now();
      const lease = await newLocker().acquire(key);
      await fencedTransaction(dataSource, lease, sell(id));
      const waited = performance.now() - since;
      // Not before: the row was locked, and the lease of the stopped one still ran.
      expect(waited).toBeGreaterThan(LEASE_MS / 4);
      expect(waited).toBeLessThan(LEASE_MS + 3_000);
      expect(await sold(dataSource, id)).toBe(1);
    });

    it('is no worse than a server that is gone: LockBackendError', async () => {
      const dataSource = await stage.open();
      const lease = await newLocker().acquire('gone');
      await stage.server?.kill();
      const work = fencedTransaction(dataSource, lease, () => Promise.resolve());
      await expect(work).rejects.toMatchObject({ code: 'LOCK_BACKEND', transient: true, key: 'gone' });
    });
  },
);
