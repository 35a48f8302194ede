import type { Server } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import {
  type CallHandler,
  Controller,
  type ExecutionContext,
  Get,
  type INestApplication,
  Module,
  type NestInterceptor,
  type Type,
  UseInterceptors,
} from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import request from 'supertest';
import { mergeMap, type Observable } from 'rxjs';
import { Locked, LockModule, memory, UseLock } from 'nestjs-locked';
import { type Hold, isBusy, type LockBackend } from 'nestjs-locked/core';

let log: string[] = [];

/** Stands for one that begins a transaction and commits it, which takes its time. */
function transaction(name: string): Type<NestInterceptor> {
  return class implements NestInterceptor {
    intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
      const commit = async (answer: unknown) => {
        for (let turn = 0; turn < 5; turn++) await setImmediate();
        log.push(name);
        return answer;
      };
      return next.handle().pipe(mergeMap(commit));
    }
  };
}
const RELEASED = '— lock released —';
const released = () => log.push(RELEASED);

const OfAppModule = transaction('of AppModule');
const OfLaterModule = transaction('of a later module');
const OfController = transaction('of the controller');
const Below = transaction('below');
const Above = transaction('above');

@Controller()
@UseInterceptors(OfController)
class Shop {
  @Get('locked')
  @UseInterceptors(Above)
  @Locked('stock')
  @UseInterceptors(Below)
  locked(): Promise<string> {
    return Promise.resolve('sold');
  }

  @Get('used')
  @UseInterceptors(Above)
  @UseLock(() => 'stock')
  @UseInterceptors(Below)
  used(): string {
    return 'sold';
  }
}

@Controller('class')
@UseInterceptors(Above)
@UseLock(() => 'stock')
@UseInterceptors(Below)
class LockedShop {
  @Get()
  sell(): string {
    return 'sold';
  }
}

@Module({ controllers: [Shop, LockedShop], providers: [{ provide: APP_INTERCEPTOR, useClass: OfLaterModule }] })
class ShopModule {}

/** A store that tells of each release. */
function telling(): LockBackend {
  const backend = memory();
  const acquire = backend.acquire.bind(backend);
  backend.acquire = async (request) => {
    const hold = await acquire(request);
    if (isBusy(hold)) return hold;
    const release: Hold['release'] = (how) => {
      released();
      return hold.release(how);
    };
    return { ...hold, release };
  };
  return backend;
}

@Module({
  imports: [LockModule.forRoot({ backend: telling() }), ShopModule],
  providers: [{ provide: APP_INTERCEPTOR, useClass: OfAppModule }],
})
class AppModule {}

describe('a lock and the interceptors around it', () => {
  let app: INestApplication<Server>;

  beforeAll(async () => {
    const module = await Test.createTestingModule({ imports: [AppModule] }).compile();
    app = module.createNestApplication({ logger: false });
    await app.listen(0, '127.0.0.1');
  });
  afterAll(async () => {
    await app.close();
  });
  beforeEach(() => {
    log = [];
  });

  const sell = async (path: string): Promise<string[]> => {
    await request(app.getHttpServer()).get(`/${path}`).expect(200, 'sold');
    return log;
  };
  const further = ['of a later module', 'of AppModule'];

  it('@Locked is inside of all interceptors: what they commit, they commit when the lock is gone', async () => {
    expect(await sell('locked')).toEqual([RELEASED, 'above', 'below', 'of the controller', ...further]);
  });

  it('@UseLock is outside of those of its handler, wherever they stand, and inside of all others', async () => {
    expect(await sell('used')).toEqual(['above', 'below', RELEASED, 'of the controller', ...further]);
  });

  it('@UseLock above a class is outside of those of the class', async () => {
    expect(await sell('class')).toEqual(['above', 'below', RELEASED, ...further]);
  });
});
