import { Inject, Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { currentLease, InjectLocks, Locked, LockService } from 'nestjs-locked';
import { currentTransaction, insideTransaction } from 'nestjs-locked/typeorm';
import type { EntityManager } from 'typeorm';
import { bindLocks, FakeLocks, provideFakeLocks } from 'nestjs-locked/testing';

@Injectable()
class Orders {
  constructor(
    @Inject(LockService) readonly locks?: LockService,
    @InjectLocks('ledger') readonly ledger?: LockService,
  ) {}

  @Locked('order:<id>', { namespace: 'shop', wait: '10s' })
  async pay(id: string, meanwhile?: () => unknown): Promise<string> {
    await meanwhile?.();
    return currentLease().state + id;
  }

  @Locked(['a:<id>', 'b:<id>'], { backend: 'ledger', onBusy: 'skip' })
  post(id: string): Promise<string | undefined> {
    return Promise.resolve(id);
  }
}

@Injectable()
class Stock {
  @Locked('sku:<sku>', { transaction: true })
  async sell(sku: string): Promise<unknown> {
    return await currentTransaction().query('UPDATE stock', [sku]);
  }
}

const busyError = { code: 'LOCK_BUSY' };

describe('provideFakeLocks', () => {
  it('stands for LockModule in a testing module', async () => {
    const fake = provideFakeLocks('ledger');
    const app = await Test.createTestingModule({ providers: [Orders, ...fake.providers] }).compile();
    const orders = app.get(Orders);
    expect(await orders.pay('7')).toBe('held7');
    expect(await orders.post('1')).toBe('1');
    expect(await orders.locks?.using('by-hand', () => 1)).toBe(1);
    expect(await orders.ledger?.using('by-hand-too', () => 1)).toBe(1);
    expect(fake.keys).toEqual(['shop:order:7', 'a:1', 'b:1', 'by-hand', 'by-hand-too']);
    await app.close();
  });

  it('runs methods with a transaction without one, with the manager that the test gives', async () => {
    const fake = provideFakeLocks();
    const stock = bindLocks(new Stock(), fake);
    const manager = {
      query: (sql: string, params: unknown[]) => Promise.resolve([sql, params]),
    } as unknown as EntityManager;
    expect(await insideTransaction(manager, () => stock.sell('hat'))).toEqual(['UPDATE stock', ['hat']]);
    expect(fake.keys).toEqual(['sku:hat']);
    await expect(stock.sell('hat')).rejects.toMatchObject({ code: 'LOCK_USAGE' });
  });

  it('makes keys busy, and nobody waits', async () => {
    const fake = provideFakeLocks('ledger');
    const orders = bindLocks(new Orders(), fake);
    for (const key of ['shop:order:7', 'b:1', 'by-hand']) fake.busy(key);
    await expect(orders.pay('7')).rejects.toMatchObject(busyError);
    expect(await orders.post('1')).toBeUndefined();
    await expect(fake.locks.acquire('by-hand')).rejects.toMatchObject(busyError);
    expect(await fake.locks.tryAcquire('by-hand')).toBeUndefined();
    expect(await orders.pay('8')).toBe('held8');
    expect(fake.keys).toEqual(['a:1', 'shop:order:8']);

    fake.free('shop:order:7');
    expect(await orders.pay('7')).toBe('held7');
  });

  it('wakes who waited when the other one gives the key back', async () => {
    const fake = new FakeLocks();
    const orders = bindLocks(new Orders(), fake);
    const first = orders.pay('7', () => {
      fake.busy('shop:order:7');
    });
    const second = orders.pay('7');
    expect(await first).toBe('held7');
    setImmediate(() => {
      fake.free('shop:order:7');
    });
    expect(await second).toBe('held7');
  });

  it('loses leases while their work goes on', async () => {
    const fake = new FakeLocks();
    const orders = bindLocks(new Orders(), fake);
    fake.loseDuring('shop:order:7');
    fake.loseDuring('by-hand');
    await expect(orders.pay('7')).rejects.toMatchObject({ code: 'LOCK_LOST', completed: true, result: 'lost7' });
    await expect(
      orders.pay('7', () => {
        currentLease().assertHeld();
      }),
    ).rejects.toMatchObject({ code: 'LOCK_LOST', completed: false });
    const lease = await fake.locks.acquire('by-hand');
    expect(lease.signal.aborted).toBe(true);
    expect(await orders.pay('8')).toBe('held8');
  });

  it('really locks: calls with one key take turns', async () => {
    const orders = bindLocks(new Orders());
    let inside = 0;
    const meanwhile = async () => {
      expect(++inside).toBe(1);
      await new Promise(setImmediate);
      inside--;
    };
    await Promise.all([orders.pay('7', meanwhile), orders.pay('7', meanwhile), orders.pay('7', meanwhile)]);
  });
});

describe('bindLocks', () => {
  it('takes a LockService too', async () => {
    const fake = new FakeLocks();
    expect(await bindLocks(new Orders(), fake.locks).pay('7')).toBe('held7');
    expect(fake.keys).toEqual(['shop:order:7']);
  });
});
