import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import type { TestingModule } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Observable, of } from 'rxjs';
import { DataSource } from 'typeorm';
import { currentLease, Locked } from 'nestjs-locked';
import { currentTransaction } from 'nestjs-locked/typeorm';
import { fenceTableDdl } from 'nestjs-locked/fencing';
import { boot, outcome } from './support.js';

@Injectable()
class Shop {
  seen: unknown[] = [];

  @Locked('sku:<sku>', { transaction: true })
  async sell(sku: string, fail = false): Promise<string> {
    const manager = currentTransaction();
    await manager.query(`UPDATE stock SET "left" = "left" - 1 WHERE sku = ?`, [sku]);
    if (fail) throw new Error('changed my mind');
    return currentLease().key;
  }

  @Locked('sku:<sku>', { transaction: 'ledger' })
  async book(sku: string): Promise<void> {
    await currentTransaction().query('INSERT INTO bookings (sku) VALUES (?)', [sku]);
  }

  @Locked(['sku:<from>', 'sku:<to>'], { transaction: true })
  async move(from: string, to: string): Promise<void> {
    await currentTransaction().query(`UPDATE stock SET "left" = "left" - 1 WHERE sku = ?`, [from]);
    await currentTransaction().query(`UPDATE stock SET "left" = "left" + 1 WHERE sku = ?`, [to]);
  }

  @Locked('outer', { transaction: true })
  async nested(): Promise<unknown> {
    return await this.sell('a');
  }

  /** Sees whether the lock outlives the transaction: another transaction of the same key cannot begin before its end. */
  @Locked('sku:<sku>', { transaction: true })
  async watch(sku: string): Promise<void> {
    this.seen.push('in');
    await currentTransaction().query(`UPDATE stock SET "left" = "left" + 0 WHERE sku = ?`, [sku]);
    this.seen.push('out');
  }

  @Locked('sku:<sku>', { transaction: true })
  stray(sku: string): Promise<unknown> {
    return Promise.resolve(of(sku));
  }
}

describe('@Locked with transaction', () => {
  let folder: string;
  let app: TestingModule;

  const database = (name: string) =>
    TypeOrmModule.forRoot({
      type: 'better-sqlite3',
      ...(name === 'shop' ? {} : { name }),
      database: join(folder, `${name}.db`),
      enableWAL: true,
    });
  const left = async (sku: string): Promise<unknown> => {
    const [row] = await app.get(DataSource).query<{ left: number }[]>('SELECT "left" FROM stock WHERE sku = ?', [sku]);
    return row?.left;
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'transaction-'));
    app = await boot({ imports: [database('shop'), database('ledger')], providers: [Shop] });
    const [shop, ledger] = [app.get(DataSource), app.get<DataSource>('ledgerDataSource')];
    await shop.query('CREATE TABLE stock (sku text PRIMARY KEY, "left" integer)');
    await shop.query(`INSERT INTO stock VALUES ('a', 10), ('b', 10)`);
    await ledger.query('CREATE TABLE bookings (sku text)');
    for (const source of [shop, ledger]) await source.query(fenceTableDdl('sqlite'));
  });

  afterEach(async () => {
    await app.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('runs the method in a transaction of the lease, which commits what it did', async () => {
    expect(await app.get(Shop).sell('a')).toBe('sku:a');
    expect(await left('a')).toBe(9);
  });

  it('rolls back when the method fails, and throws its error as it is', async () => {
    await expect(app.get(Shop).sell('a', true)).rejects.toThrow('changed my mind');
    expect(await left('a')).toBe(10);
    expect(await app.get(Shop).sell('a')).toBe('sku:a');
  });

  it('refuses a holder whom a newer one has overtaken, before it has done anything', async () => {
    await app.get(Shop).sell('a');
    const ahead = 10 * 60 * 1_000_000;
    await app.get(DataSource).query('UPDATE nestjs_locked_fences SET token = token + ?', [ahead]);
    expect(await outcome(() => app.get(Shop).sell('a'))).toBe('LOCK_STALE_TOKEN');
    expect(await left('a')).toBe(9);
  });

  it('raises the fence of every key', async () => {
    await app.get(Shop).move('a', 'b');
    expect([await left('a'), await left('b')]).toEqual([9, 11]);
    const fences = await app.get(DataSource).query('SELECT resource FROM nestjs_locked_fences ORDER BY resource');
    expect(fences).toEqual([{ resource: 'sku:a' }, { resource: 'sku:b' }]);
  });

  it('takes another data source by its name', async () => {
    await app.get(Shop).book('a');
    expect(await app.get<DataSource>('ledgerDataSource').query('SELECT * FROM bookings')).toEqual([{ sku: 'a' }]);
  });

  it('keeps the lock until the transaction has ended', async () => {
    const shop = app.get(Shop);
    await Promise.all(Array.from({ length: 20 }, () => shop.watch('a')));
    expect(shop.seen).toEqual(Array.from({ length: 20 }, () => ['in', 'out']).flat());
  });

  it('refuses to begin inside of another transaction of the same data source, and says why', async () => {
    await expect(app.get(Shop).nested()).rejects.toMatchObject({
      code: 'LOCK_USAGE',
      message: expect.stringMatching(/open here already.*currentTransaction/s),
    });
    expect(await left('a')).toBe(10);
  });

  it('refuses an Observable, declared or not: a transaction needs an end', async () => {
    await expect(app.get(Shop).stray('a')).rejects.toMatchObject({ code: 'LOCK_USAGE' });
    const declare = (): unknown => {
      class Declared {
        @Locked('k', { transaction: true })
        stream(): Observable<string> {
          return of('k');
        }
      }
      return Declared;
    };
    expect(declare).toThrow(/Declared\.stream returns an Observable/);
  });

  it.each([7, '', null, {}])('refuses %j at the class definition', (transaction) => {
    const declare = (): unknown => {
      class Odd {
        @Locked('k', { transaction: transaction as never })
        work(): Promise<void> {
          return Promise.resolve();
        }
      }
      return Odd;
    };
    expect(declare).toThrow(/`transaction` must be true, false, or the name/);
  });
});

describe('@Locked with transaction, at boot', () => {
  it('refuses a data source that the application does not provide', async () => {
    await expect(boot({ providers: [Shop] })).rejects.toMatchObject({
      code: 'LOCK_OPTIONS',
      message: expect.stringMatching(/Shop\.\w+ names the data source '(default|ledger)'/),
    });
  });
});
