import type { Server } from 'node:http';
import { Controller, Get, type INestApplication, Injectable, Scope } from '@nestjs/common';
import request from 'supertest';
import { currentLease, detached, Locked, LockService } from 'nestjs-locked';
import { outcome, serve } from './support.js';

let atWork = 0;
let most = 0;

@Injectable()
class Stock {
  @Locked('shop', { wait: 0 })
  async take(): Promise<bigint> {
    most = Math.max(most, ++atWork);
    await Promise.resolve();
    atWork--;
    return currentLease('shop').token;
  }

  @Locked('shop')
  async takeInTurn(): Promise<bigint> {
    return await this.take();
  }
}

@Injectable({ scope: Scope.REQUEST })
class Orders {
  constructor(
    private readonly stock: Stock,
    private readonly locks: LockService,
  ) {}

  @Locked('shop', { wait: 0 })
  async joined(): Promise<bigint[]> {
    return [currentLease().token, await this.stock.take(), await this.locks.using('shop', ({ token }) => token)];
  }

  @Locked('shop', { wait: 0 })
  async siblings(): Promise<bigint[]> {
    return [currentLease().token, ...(await Promise.all([1, 2, 3].map(() => this.stock.takeInTurn())))];
  }

  @Locked('shop', { wait: 0 })
  async leaves(): Promise<unknown> {
    return await detached(() => outcome(() => this.stock.take()));
  }

  @Locked('shop', { wait: 0 })
  async takesByHand(): Promise<unknown> {
    return await outcome(() => this.locks.acquire('shop'));
  }
}

@Controller()
class Shop {
  constructor(private readonly orders: Orders) {}

  @Get('joined')
  async joined(): Promise<number> {
    return new Set(await this.orders.joined()).size;
  }

  @Get('siblings')
  async siblings(): Promise<number> {
    return new Set(await this.orders.siblings()).size;
  }

  @Get('leaves')
  leaves(): Promise<unknown> {
    return this.orders.leaves();
  }

  @Get('by-hand')
  byHand(): Promise<unknown> {
    return this.orders.takesByHand();
  }
}

describe('two locked services in one request', () => {
  let app: INestApplication<Server>;
  const get = (path: string) => request(app.getHttpServer()).get(path);

  beforeAll(async () => {
    app = await serve({ controllers: [Shop], providers: [Orders, Stock] });
  });
  afterAll(() => app.close());
  beforeEach(() => {
    most = 0;
  });
  afterEach(async () => {
    // Whatever was joined: the key is free again.
    expect(await app.get(LockService).using('shop', { wait: 0 }, () => 'free')).toBe('free');
  });

  it('share one lease, and one token', async () => {
    await get('/joined').expect(200, '1');
  });

  it('take turns where one calls the other several times at once', async () => {
    await get('/siblings').expect(200, '1');
    expect(most).toBe(1);
  });

  it('do not share it where the other is called detached', async () => {
    await get('/leaves').expect(200, 'LOCK_BUSY');
  });

  it('do not wait for themselves', async () => {
    await get('/by-hand').expect(200, 'LOCK_USAGE');
  });

  it('do not share it with another request', async () => {
    await app.get(LockService).using('shop', () => get('/joined').expect(409));
  });
});
