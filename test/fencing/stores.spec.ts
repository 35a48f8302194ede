import { join } from 'node:path';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import type { DataSource } from 'typeorm';
import { memory } from '../../lib/backends/memory/index.js';
import { redis } from '../../lib/backends/redis/index.js';
import { fencedTransaction, sqlite } from '../../lib/backends/typeorm/index.js';
import { Locker, LockUsageError, StaleTokenError } from '../../lib/core/index.js';
import { type FenceExecutor, guard, parseFencingToken, resetFence } from '../../lib/fencing/index.js';
import { startRedis, type RedisServer } from '../support/redis-server.js';
import { FencedStage, sell, sold, someStock, STAGE_ENGINES } from './fenced.stage.js';

describe('a fence, whichever store gave the lock', () => {
  let server: RedisServer;
  let folder: string;
  let lockers: Readonly<Record<'memory' | 'sqlite' | 'redis', Locker>>;

  beforeAll(async () => {
    server = await startRedis();
    folder = await mkdtemp(join(tmpdir(), 'nestjs-locked-stores-'));
    lockers = {
      memory: new Locker(memory({ singleProcess: true })),
      sqlite: new Locker(sqlite({ file: join(folder, 'locks.db') })),
      redis: new Locker(redis({ url: server.url })),
    };
  }, 120_000);

  afterAll(async () => {
    for (const locker of Object.values(lockers)) await locker.close();
    await server.stop();
    await rm(folder, { recursive: true });
  });

  describe.each(STAGE_ENGINES)('on %s', (engine) => {
    let stage: FencedStage;
    let dataSource: DataSource;
    let execute: FenceExecutor;

    beforeAll(async () => {
      stage = await FencedStage.start(engine);
      dataSource = await stage.open();
      execute = async (sql, params) => {
        const runner = dataSource.createQueryRunner();
        try {
          return (await runner.query(sql, [...params], true)).affected ?? 0;
        } finally {
          await runner.release();
        }
      };
    }, 120_000);

    afterAll(() => stage.stop());

    it.each(['memory', 'sqlite', 'redis'] as const)('takes leases of %s', async (store) => {
      const { id, key } = await someStock(dataSource);
      for (let i = 0; i < 3; i++) {
        await lockers[store].using(key, (lease) => fencedTransaction(dataSource, lease, sell(id)));
      }
      const earlier = await lockers[store].acquire(key);
      await earlier.release();
      await lockers[store].using(key, (lease) => fencedTransaction(dataSource, lease, sell(id)));
      const late = parseFencingToken(JSON.stringify(earlier));
      expect(late).toEqual({ storeKey: key, token: earlier.token, backend: store });
      await expect(guard(late, execute, { engine })).rejects.toThrow(StaleTokenError);
      expect(await sold(dataSource, id)).toBe(4);
    });

    it('is moved from one store to another in one step', async () => {
      const { id, key } = await someStock(dataSource);
      const old = await lockers.memory.acquire(key);
      const next = await lockers.redis.acquire(key);
      await fencedTransaction(dataSource, old, sell(id));
      await expect(fencedTransaction(dataSource, next, sell(id))).rejects.toThrow(LockUsageError);
      await expect(fencedTransaction(dataSource, next, sell(id))).rejects.toThrow(/another kind of store.*resetFence/);
      await expect(guard(next, execute, { engine })).rejects.toThrow(LockUsageError);
      await resetFence(key, 'redis', execute, { engine });
      await expect(fencedTransaction(dataSource, old, sell(id))).rejects.toThrow(LockUsageError);
      await fencedTransaction(dataSource, next, sell(id));
      expect(await sold(dataSource, id)).toBe(2);
      await old.release();
      await next.release();
    });

    it('can be reset before it was ever raised, and to let smaller tokens in', async () => {
      const { key } = await someStock(dataSource);
      await resetFence(key, 'redis', execute, { engine });
      const token = (value: bigint): { storeKey: string; token: bigint; backend: string } => ({
        storeKey: key,
        token: value,
        backend: 'redis',
      });
      await guard(token(1_000n), execute, { engine });
      await expect(guard(token(999n), execute, { engine })).rejects.toThrow(StaleTokenError);
      await resetFence(key, 'redis', execute, { engine });
      await guard(token(999n), execute, { engine });
    });

    it('tells tokens up to 2^63 apart', async () => {
      const { key } = await someStock(dataSource);
      const token = (value: bigint): { storeKey: string; token: bigint; backend: string } => ({
        storeKey: key,
        token: value,
        backend: 'zookeeper',
      });
      const largest = 2n ** 63n - 1n;
      await guard(token(largest - 1n), execute, { engine });
      await expect(guard(token(largest - 2n), execute, { engine })).rejects.toThrow(StaleTokenError);
      await guard(token(largest - 1n), execute, { engine });
      await guard(token(largest), execute, { engine });
      await expect(guard(token(largest - 1n), execute, { engine })).rejects.toThrow(StaleTokenError);
    });

    it('keeps keys apart byte by byte', async () => {
      const { key } = await someStock(dataSource);
      const keys = ['é', 'e\u0301', 'E', 'e', 'e ', 'ß', 'ss', '😀', "'--", '%', '\\'].map((end) => `${key}:${end}`);
      const token = (storeKey: string, value: bigint) => ({ storeKey, token: value, backend: 'redis' });
      for (const [i, each] of keys.entries()) await guard(token(each, 100n + BigInt(i)), execute, { engine });
      for (const [i, each] of keys.entries()) {
        await guard(token(each, 100n + BigInt(i)), execute, { engine });
        await expect(guard(token(each, 99n + BigInt(i)), execute, { engine })).rejects.toThrow(StaleTokenError);
      }
    });
  });
});
