import { AsyncLocalStorage } from 'node:async_hooks';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { TestingModule } from '@nestjs/testing';
import { DataSource } from 'typeorm';
import { Locked } from 'nestjs-locked';
import type { Lockers } from '../../lib/lock.service.js';
import { LOCKERS } from '../../lib/lock.stores.js';
import { Gate } from './gate.js';
import { boot, outcome, until } from './support.js';

const units = new AsyncLocalStorage<string[]>();
let firstCommit = new Gate();
let reads = 0;
let commits: Promise<void> = Promise.resolve();

/** A unit of work, as many ORMs have it: reads go to the database at once, writes when it commits. */
const Transactional: () => MethodDecorator = () => (_target, _property, descriptor) => {
  const method = descriptor.value as (...args: unknown[]) => Promise<unknown>;
  descriptor.value = async function (this: { dataSource: DataSource }, ...args: unknown[]): Promise<unknown> {
    const writes: string[] = [];
    const result = await units.run(writes, () => method.apply(this, args));
    await firstCommit.pass();
    // SQLite has one writer at a time, and two connections of one process cannot wait for each other.
    commits = commits.then(() =>
      this.dataSource.transaction(async (manager) => {
        for (const write of writes) await manager.query(write);
      }),
    );
    await commits;
    return result;
  } as never;
};

@Injectable()
class Shop {
  constructor(readonly dataSource: DataSource) {}

  @Locked('stock')
  @Transactional()
  lockOutside(): Promise<string> {
    return this.sell();
  }

  @Transactional()
  @Locked('stock')
  lockInside(): Promise<string> {
    return this.sell();
  }

  private async sell(): Promise<string> {
    const [row] = await this.dataSource.query<{ left: number }[]>('SELECT "left" FROM stock');
    reads++;
    if (!row || row.left === 0) return 'sold out';
    units.getStore()?.push(`UPDATE stock SET "left" = ${row.left - 1}`, 'INSERT INTO orders DEFAULT VALUES');
    return 'sold';
  }
}

describe('@Locked and a transaction, on a database with two applications', () => {
  let folder: string;
  let apps: [TestingModule, TestingModule];

  const start = (): Promise<TestingModule> => {
    const database = { type: 'better-sqlite3' as const, database: join(folder, 'shop.db'), enableWAL: true };
    const metadata = { imports: [TypeOrmModule.forRoot(database)], providers: [Shop] };
    return boot(metadata, { backend: `sqlite:${join(folder, 'locks.db')}` });
  };
  const orders = async (): Promise<unknown> => {
    const [row] = await apps[0].get(DataSource).query<{ sold: number }[]>('SELECT count(*) AS sold FROM orders');
    return row?.sold;
  };
  /** Two buyers, one item: the first commits only when the second has read the stock, or has to wait for the first. */
  const sale = async (sell: (shop: Shop) => Promise<string>): Promise<unknown[]> => {
    const first = outcome(() => sell(apps[0].get(Shop)));
    await firstCommit.entered;
    const second = outcome(() => sell(apps[1].get(Shop)));
    const [here, there] = apps.map((app) => app.get<Lockers>(LOCKERS, { strict: false }).get('default')!);
    await until(() => reads === 2 || (here?.counts().held === 1 && there?.counts().waiting === 1));
    firstCommit.open();
    return Promise.all([first, second]);
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'oversell-'));
    apps = [await start(), await start()];
    const { manager } = apps[0].get(DataSource);
    await manager.query('CREATE TABLE stock ("left" integer)');
    await manager.query('CREATE TABLE orders (id integer PRIMARY KEY)');
    await manager.query('INSERT INTO stock VALUES (1)');
    firstCommit = new Gate();
    reads = 0;
  });
  afterEach(async () => {
    for (const app of apps) await app.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('sells one item once with the lock outside and the transaction inside', async () => {
    expect(await sale((shop) => shop.lockOutside())).toEqual(['sold', 'sold out']);
    expect(await orders()).toBe(1);
  });

  it('sells it twice the other way round: the lock is gone before the commit', async () => {
    expect(await sale((shop) => shop.lockInside())).toEqual(['sold', 'sold']);
    expect(await orders()).toBe(2);
  });
});
