import { Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  currentLease,
  getLocksToken,
  InjectLocks,
  type LockBackend,
  type LockError,
  Locked,
  LockModule,
  type LockModuleOptions,
  type LockOptionsFactory,
  LockService,
  memory,
} from 'nestjs-locked';
import { Gate } from './gate.js';

@Injectable()
class Orders {
  @Locked('order:<id>')
  pay(id: string): Promise<string> {
    return Promise.resolve(`${id} under ${currentLease().storeKey}`);
  }
}

@Injectable()
class Ledger {
  constructor(@InjectLocks('ledger') readonly ledger: LockService) {}

  @Locked('account:<id>', { backend: 'ledger' })
  post(id: string): Promise<string> {
    return Promise.resolve(currentLease().key + id);
  }
}

class UnknownStore {
  @Locked('x', { backend: 'ledgre' })
  work(): Promise<void> {
    return Promise.resolve();
  }
}

@Injectable()
class Config implements LockOptionsFactory {
  createLockOptions(): LockModuleOptions {
    return { backend: memory(), namespace: 'from-class' };
  }
}

const boot = async (
  module: ReturnType<typeof LockModule.forRoot>,
  ...providers: (new (...args: never[]) => object)[]
) => {
  const app = await Test.createTestingModule({ imports: [module], providers }).compile();
  return await app.init();
};

const codeOf = (error: unknown): string => (error as LockError).code;

describe('LockModule', () => {
  it('locks the methods of providers', async () => {
    const app = await boot(LockModule.forRoot({ backend: 'memory:', namespace: 'shop' }), Orders);
    expect(await app.get(Orders).pay('7')).toBe('7 under shop:order:7');
    await app.close();
  });

  it('takes its options from a factory, from a class, and from another module', async () => {
    @Module({ providers: [Config], exports: [Config] })
    class ConfigModule {}

    const ways = [
      LockModule.forRootAsync({ useFactory: () => Promise.resolve({ backend: memory(), namespace: 'from-factory' }) }),
      LockModule.forRootAsync({ useClass: Config }),
      LockModule.forRootAsync({ imports: [ConfigModule], useExisting: Config }),
    ];
    const seen: string[] = [];
    for (const way of ways) {
      const app = await boot(way, Orders);
      seen.push(await app.get(Orders).pay('7'));
      await app.close();
    }
    expect(seen).toEqual(['7 under from-factory:order:7', '7 under from-class:order:7', '7 under from-class:order:7']);
  });

  it('has several stores, each with defaults of its own, injected by name', async () => {
    const backends = {
      default: { backend: memory(), namespace: undefined },
      ledger: { backend: 'memory:', namespace: 'books', quota: { held: 1 } },
    };
    const options: LockModuleOptions = { backends, namespace: 'shop', quota: { held: 2 } };
    const names = ['default', 'ledger'];
    for (const module of [LockModule.forRoot(options), LockModule.forRootAsync({ names, useFactory: () => options })]) {
      const app = await boot(module, Orders, Ledger);
      const ledger = app.get<LockService>(getLocksToken('ledger'));
      expect(app.get(Ledger).ledger).toBe(ledger);
      expect(await ledger.using('a', (lease) => lease.storeKey)).toBe('books:a');
      const locks = app.get(LockService);
      expect(await locks.on('ledger').using('a', (lease) => lease.storeKey)).toBe('books:a');
      expect(await locks.using('a', (lease) => lease.storeKey)).toBe('shop:a');
      expect(await app.get(Orders).pay('7')).toBe('7 under shop:order:7');
      // The lock of @Locked is that of the ledger, and of nothing else.
      await ledger.using('account:1', async () => {
        expect(await app.get(Ledger).post('1')).toBe('account:11');
      });
      const lease = await ledger.acquire('b');
      await expect(ledger.acquire('c')).rejects.toMatchObject({ code: 'LOCK_QUOTA' });
      await lease.release();
      expect(() => locks.on('nope')).toThrow(/'nope'.*It has: default, ledger/);
      await app.close();
    }
  });

  it('is global, unless told otherwise', async () => {
    @Module({ providers: [Orders] })
    class Feature {}

    const lock = (isGlobal: boolean) => LockModule.forRoot({ backend: memory(), isGlobal });
    const app = await Test.createTestingModule({ imports: [lock(true), Feature] }).compile();
    expect(await app.get(Orders, { strict: false }).pay('7')).toBe('7 under order:7');
    await app.close();
    await expect(Test.createTestingModule({ imports: [lock(false), Feature] }).compile()).rejects.toThrow(
      /add LockModule.forRoot\(\{ backend \}\) to the imports/,
    );
  });

  it('does not guess which of several LockModules a factory meant', async () => {
    const providers = [{ provide: 'made', useFactory: () => new Orders() }, Orders];
    const feature = (namespace: string) => {
      @Module({ imports: [LockModule.forRoot({ backend: memory(), isGlobal: false, namespace })], providers })
      class Feature {}
      return Feature;
    };
    const app = await Test.createTestingModule({ imports: [feature('one'), feature('two')] }).compile();
    await app.init();
    const [made, injected] = [app.get<Orders>('made', { strict: false }), app.get(Orders, { strict: false })];
    await expect(made.pay('7')).rejects.toMatchObject({ code: 'LOCK_NOT_BOUND' });
    expect(await injected.pay('7')).toMatch(/7 under (one|two):order:7/);
    await app.close();
  });

  it('says at boot what to do when it is missing', async () => {
    await expect(Test.createTestingModule({ providers: [Orders] }).compile()).rejects.toThrow(
      /Orders.*LockService for @Locked: add LockModule.forRoot\(\{ backend \}\) to the imports of your root module/,
    );
  });

  it('keeps two applications in one process apart', async () => {
    const [one, two] = [
      await boot(LockModule.forRoot({ backend: memory(), namespace: 'one' }), Orders),
      await boot(LockModule.forRoot({ backend: memory(), namespace: 'two' }), Orders),
    ];
    expect(await one.get(Orders).pay('7')).toBe('7 under one:order:7');
    expect(await two.get(Orders).pay('7')).toBe('7 under two:order:7');
    await one.close();
    expect(await two.get(Orders).pay('8')).toBe('8 under two:order:8');
    await expect(one.get(Orders).pay('8')).rejects.toMatchObject({ code: 'LOCK_SHUTDOWN' });
    await two.close();
  });

  it.each<[string, unknown, RegExp]>([
    ['no backend', {}, /`backend` must be given/],
    ['two ways at once', { backend: memory(), backends: { default: memory() } }, /not both/],
    ['no default', { backends: { ledger: memory() } }, /`backends` has no store called 'default'/],
    ['no backend at all', { backend: 7 }, /`backend` must be a URL/],
    ['unknown URL', { backend: 'nosql://user:hunter2@host' }, /begins with nosql:, which is not supported/],
    ['unknown option', { backend: memory(), wiat: '2s' }, /`wiat` is unknown/],
    ['unit-less duration', { backend: memory(), wait: '10' }, /`wait` has no unit/],
    ['unit-less duration of a store', { backends: { default: { backend: memory(), lease: '10' } } }, /`lease` has no/],
    ['bad drain', { backend: memory(), shutdown: { drain: 'soon' } }, /`shutdown.drain` must be/],
    ['unknown shutdown option', { backend: memory(), shutdown: { dry: 1 } }, /`shutdown.dry` is unknown/],
    ['bad quota', { backend: memory(), quota: { held: 0 } }, /`quota.held` must be/],
  ])('refuses at boot: %s', async (_, options, message) => {
    await expect(boot(LockModule.forRoot(options as LockModuleOptions))).rejects.toThrow(message);
  });

  it('refuses stores that the module could not know of when it was put together', async () => {
    const backends = { default: memory(), ledger: memory() };
    await expect(boot(LockModule.forRootAsync({ useFactory: () => ({ backends }) }))).rejects.toThrow(
      /`names` must list 'ledger'/,
    );
    const names = ['default', 'ledger'];
    await expect(boot(LockModule.forRootAsync({ names, useFactory: () => ({ backend: memory() }) }))).rejects.toThrow(
      /`backends` has no store called 'ledger'/,
    );
  });

  it('refuses at boot a decorator that names no store', async () => {
    await expect(boot(LockModule.forRoot({ backend: memory() }), UnknownStore)).rejects.toThrow(
      /`backend` of UnknownStore.work is 'ledgre', but LockModule has no such store. It has: default/,
    );
  });

  it('refuses memory in production, unless told that there is one process', async () => {
    const before = process.env['NODE_ENV'];
    process.env['NODE_ENV'] = 'production';
    try {
      await expect(boot(LockModule.forRoot({ backend: 'memory:' }))).rejects.toThrow(/Choose a shared store/);
      const app = await boot(LockModule.forRoot({ backend: 'memory:?singleProcess=true' }), Orders);
      await app.close();
    } finally {
      process.env['NODE_ENV'] = before;
    }
  });
});

describe('shutdown', () => {
  it('caps waits, then refuses, drains, and closes the store last', async () => {
    const events: string[] = [];
    const store = memory();
    const backend: LockBackend = Object.assign(Object.create(store) as LockBackend, {
      name: store.name,
      waits: store.waits,
      maxTurns: store.maxTurns,
      acquire: store.acquire.bind(store),
      freed: store.freed?.bind(store),
      abandon: store.abandon.bind(store),
      ping: store.ping.bind(store),
      close: () => {
        events.push('store closed');
        return Promise.resolve();
      },
    });
    const gate = new Gate();

    @Injectable()
    class Worker {
      constructor(private readonly locks: LockService) {}

      @Locked('job')
      async work(): Promise<void> {
        await gate.pass();
        const late = this.locks.using('late', () => 'granted');
        events.push(await late.catch(codeOf), 'holder done');
      }

      async onApplicationShutdown(): Promise<void> {
        events.push(await refused);
        await this.locks.using('other', () => events.push('granted'));
        // By then LockModule, whose hooks come last, waits for the holder.
        setImmediate(() => {
          gate.open();
        });
      }
    }

    const app = await boot(LockModule.forRoot({ backend, shutdown: { wait: 1, drain: '1m' } }), Worker);
    const holder = app.get(Worker).work();
    await gate.entered;
    const waiter = app.get(Worker).work();
    const refused = waiter.then(String, codeOf);
    const closed = app.close();
    await Promise.all([holder, closed]);
    expect(events).toEqual(['LOCK_TIMEOUT', 'granted', 'LOCK_SHUTDOWN', 'holder done', 'store closed']);
  });

  it('takes the lease from a holder that does not come to an end', async () => {
    const app = await boot(LockModule.forRoot({ backend: memory(), shutdown: { drain: 1 } }));
    const gate = new Gate();
    const work = app.get(LockService).using('job', async (lease) => {
      gate.open();
      await new Promise((resolve) => {
        lease.signal.addEventListener('abort', resolve);
      });
    });
    const lost = expect(work).rejects.toMatchObject({ code: 'LOCK_LOST', reason: 'shutdown' });
    await gate.opened;
    await app.close();
    await lost;
  });
});
