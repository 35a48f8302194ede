import { type DataSource, In, MoreThan } from 'typeorm';
import { fencedUpdate, plainTransaction } from '../../lib/backends/typeorm/index.js';
import { LockUsageError, StaleTokenError } from '../../lib/core/index.js';
import { FencedStage, newLocker, rivals, sold, someStock, STAGE_ENGINES, Stock } from './fenced.stage.js';

describe.each(STAGE_ENGINES)('fencedUpdate on %s', (engine) => {
  let stage: FencedStage;
  let dataSource: DataSource;

  beforeAll(async () => {
    stage = await FencedStage.start(engine);
    dataSource = await stage.open();
  }, 120_000);

  afterAll(() => stage.stop());

  it('writes as the holder, again and again, and not as an older one', async () => {
    const { id, key } = await someStock(dataSource);
    const { older, newer } = await rivals(key);
    const { manager } = dataSource;
    expect(await fencedUpdate(manager, Stock, older, { id }, { sold: 1 })).toBe(1);
    expect(await fencedUpdate(manager, Stock, newer, { id }, { sold: 2 })).toBe(1);
    expect(await fencedUpdate(manager, Stock, newer, { id }, { sold: 2 })).toBe(1);
    await expect(fencedUpdate(manager, Stock, older, { id }, { sold: 9 })).rejects.toThrow(StaleTokenError);
    await expect(
      plainTransaction(dataSource, (inside) => fencedUpdate(inside, Stock, older, { id }, { sold: 9 })),
    ).rejects.toThrow(StaleTokenError);
    expect(await sold(dataSource, id)).toBe(2);
    const { fence } = await manager.findOneByOrFail(Stock, { id });
    expect(BigInt(fence!)).toBe(newer.token);
  });

  it('takes an update that changes nothing for what it is, also where the driver counts only changed rows', async () => {
    const flags = engine === 'mariadb' ? { flags: ['-FOUND_ROWS'] } : {};
    const counting = await stage.open(flags);
    const { id, key } = await someStock(counting);
    const { older, newer } = await rivals(key);
    for (let times = 0; times < 2; times++) {
      expect(await fencedUpdate(counting.manager, Stock, newer, { id }, { sold: 1 })).toBe(1);
    }
    await expect(fencedUpdate(counting.manager, Stock, older, { id }, { sold: 1 })).rejects.toThrow(StaleTokenError);
  });

  it('says 0 when there is no such row', async () => {
    const lease = await newLocker().acquire('nobody');
    expect(await fencedUpdate(dataSource.manager, Stock, lease, { id: -1 }, { sold: 1 })).toBe(0);
    const inside = plainTransaction(dataSource, (manager) =>
      fencedUpdate(manager, Stock, lease, { id: -1 }, { sold: 1 }),
    );
    expect(await inside).toBe(0);
  });

  it('says 0 also when the row is made right after it has looked', async () => {
    const own = await stage.open();
    const lease = await newLocker().acquire('late');
    let late: { id: number } | undefined;
    own.subscribers.push({
      afterQuery: async ({ query }: { query: string }) => {
        if (/^UPDATE/i.test(query)) late ??= await someStock(dataSource);
      },
    });
    const where = { sold: 0, id: MoreThan((await someStock(dataSource)).id) };
    expect(await fencedUpdate(own.manager, Stock, lease, where, { sold: 1 })).toBe(0);
    expect(await sold(dataSource, late!.id)).toBe(0);
  });

  it('takes conditions of every kind, and changes that are expressions', async () => {
    const { id, key } = await someStock(dataSource);
    const lease = await newLocker().acquire(key);
    const changes = { sold: () => 'sold + 5' };
    expect(await fencedUpdate(dataSource.manager, Stock, lease, { id: In([id]) }, changes)).toBe(1);
    expect(await sold(dataSource, id)).toBe(5);
  });

  it('is not had without a column for the token, nor without the lease', async () => {
    const { id, key } = await someStock(dataSource);
    const lease = await newLocker().acquire(key);
    const update = (): Promise<number> =>
      fencedUpdate(dataSource.manager, Stock, lease, { id }, { sold: 1 }, { column: 'nothing' });
    await expect(update()).rejects.toThrow(LockUsageError);
    await lease.release();
    await expect(fencedUpdate(dataSource.manager, Stock, lease, { id }, { sold: 1 })).rejects.toThrow(LockUsageError);
  });
});
