import { Injectable, Scope, SetMetadata } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  composeLocked,
  currentLease,
  findCurrentLease,
  type LockBusyError,
  Locked,
  LockKey,
  LockModule,
  LockNotBoundError,
  LockService,
  memory,
  UseLock,
} from 'nestjs-locked';
import { Gate } from './gate.js';

const wrapping: MethodDecorator = (_target, _property, descriptor) => {
  const method = descriptor.value as (...args: unknown[]) => unknown;
  const wrapped = function (this: unknown, ...args: unknown[]): unknown {
    return method.apply(this, args);
  };
  return { ...descriptor, value: wrapped as never };
};

@Injectable()
class Orders {
  @Locked('order:<id>')
  pay(id: string, ..._rest: string[]): Promise<string> {
    return Promise.resolve(currentLease().key + id.slice(99));
  }

  payFromInside(id: string): Promise<string> {
    return this.pay(id);
  }

  @Locked('order:<dto.id>')
  @wrapping
  wrappedBelow(dto: { id: string }): Promise<string> {
    return Promise.resolve(currentLease().key + dto.id.slice(99));
  }

  @wrapping
  @Locked(({ id }: { id: string }) => ['order:' + id, 'all'])
  wrappedAbove(_dto: { id: string }): Promise<string[]> {
    return Promise.resolve(['all', `order:7`].map((key) => currentLease(key).key));
  }

  @Locked(['account:<from>', 'account:<to>'])
  move(@LockKey('from') _a: { toString(): string } | string, @LockKey('to') _b: string): Promise<string[]> {
    return Promise.resolve(['account:1', 'account:2'].map((key) => currentLease(key).key));
  }
}

@Injectable()
class SpecialOrders extends Orders {
  @Locked('order:<id>')
  override async pay(id: string): Promise<string> {
    // The same key: it joins, and does not wait for itself.
    return `special ${await super.pay(id)}`;
  }
}

@Injectable({ scope: Scope.REQUEST })
class PerRequest extends Orders {}

@Injectable({ scope: Scope.TRANSIENT })
class Transient extends Orders {}

const lockModule = () => LockModule.forRoot({ backend: memory() });

describe('@Locked', () => {
  it('locks in providers of every scope, made by Nest or by a factory, and by inheritance', async () => {
    const app = await Test.createTestingModule({
      imports: [lockModule()],
      providers: [
        Orders,
        SpecialOrders,
        PerRequest,
        Transient,
        { provide: 'factory', useFactory: () => Promise.resolve(new Orders()) },
        { provide: 'value', useValue: new SpecialOrders() },
        { provide: 'none', useValue: Object.create(null) as object },
      ],
    }).compile();
    await app.init();
    expect(await app.get(Orders).pay('7')).toBe('order:7');
    expect(await app.get(Orders).payFromInside('7')).toBe('order:7');
    expect(await app.get(SpecialOrders).pay('7')).toBe('special order:7');
    expect(await (await app.resolve(PerRequest)).pay('7')).toBe('order:7');
    expect(await (await app.resolve(Transient)).pay('7')).toBe('order:7');
    expect(await app.get<Orders>('factory').pay('7')).toBe('order:7');
    expect(await app.get<Orders>('value').pay('7')).toBe('special order:7');
    await app.close();
  });

  it('knows its parameters under and above foreign decorators, by mark and by function', async () => {
    const app = await Test.createTestingModule({ imports: [lockModule()], providers: [Orders] }).compile();
    const orders = app.get(Orders);
    expect(await orders.wrappedBelow({ id: '7' })).toBe('order:7');
    expect(await orders.wrappedAbove({ id: '7' })).toEqual(['all', 'order:7']);
    expect(await orders.move('1', '2')).toEqual(['account:1', 'account:2']);
    await app.close();
  });

  it('composes with other decorators, the lock outermost, the others as they stand', async () => {
    const log: string[] = [];
    const logging =
      (name: string): MethodDecorator =>
      (_target, _property, descriptor) => {
        const method = descriptor.value as (...args: unknown[]) => Promise<unknown>;
        const wrapped = async function (this: unknown, ...args: unknown[]): Promise<unknown> {
          log.push(`${name} ${findCurrentLease()?.key ?? 'unlocked'}`);
          return await method.apply(this, args);
        };
        return { ...descriptor, value: wrapped as never };
      };

    class Composed {
      @composeLocked(Locked('order:<id>'), logging('first'), logging('second'))
      work(id: string): Promise<string> {
        return Promise.resolve(id);
      }
    }

    const app = await Test.createTestingModule({ imports: [lockModule()], providers: [Composed] }).compile();
    expect(await app.get(Composed).work('7')).toBe('7');
    expect(log).toEqual(['first order:7', 'second order:7']);
    await app.close();
  });

  it('lets one in at a time, whatever the instance', async () => {
    let inside = 0;
    let most = 0;

    @Injectable({ scope: Scope.TRANSIENT })
    class Section {
      @Locked('one')
      async work(): Promise<void> {
        most = Math.max(most, ++inside);
        await new Promise(setImmediate);
        inside--;
      }
    }

    const app = await Test.createTestingModule({ imports: [lockModule()], providers: [Section] }).compile();
    const sections = await Promise.all(Array.from({ length: 10 }, () => app.resolve(Section)));
    await Promise.all(sections.map((section) => section.work()));
    expect(most).toBe(1);
    await app.close();
  });

  it('keeps metadata, name and length', () => {
    class Marked {
      @SetMetadata('above', 1)
      @Locked('a:<one>:<two>')
      @SetMetadata('below', 2)
      method(one: string, two: string): Promise<string> {
        return Promise.resolve(one + two);
      }
    }

    const { method } = Marked.prototype;
    expect([method.name, method.length]).toEqual(['method', 2]);
    expect(['above', 'below'].map((key) => Reflect.getMetadata(key, method) as unknown)).toEqual([1, 2]);
  });

  it('never runs unlocked: made by hand, without this, with an auto-mock of LockService', async () => {
    await expect(new Orders().pay('7')).rejects.toThrow(LockNotBoundError);
    const { pay } = new Orders();
    await expect(pay('7')).rejects.toThrow(/Orders.pay is @Locked, but its instance was not made by NestJS/);

    const mocks = [
      { using: () => Promise.resolve('unlocked'), on: () => undefined },
      new Proxy({}, { get: (_, name) => (name === 'then' ? undefined : () => Promise.resolve('unlocked')) }),
      Object.create(LockService.prototype) as object,
    ];
    for (const useValue of mocks) {
      const providers = [Orders, { provide: LockService, useValue }];
      const app = await Test.createTestingModule({ providers }).compile();
      await expect(app.get(Orders).pay('7')).rejects.toThrow(/what stands for LockService is not one/);
      await app.close();
    }
  });

  it('refuses keys of unfit values before anything is touched', async () => {
    const app = await Test.createTestingModule({ imports: [lockModule()], providers: [Orders] }).compile();
    await expect(app.get(Orders).pay(undefined as never)).rejects.toMatchObject({ code: 'LOCK_KEY' });

    class ByFunction {
      @Locked((id: string) => (id === '' ? (undefined as never) : id))
      work(_id: string): Promise<void> {
        return Promise.resolve();
      }
    }
    const bound = await Test.createTestingModule({ imports: [lockModule()], providers: [ByFunction] }).compile();
    await expect(bound.get(ByFunction).work('')).rejects.toMatchObject({ code: 'LOCK_KEY' });
    await app.close();
    await bound.close();
  });

  it('throws when the class is defined and something does not fit', () => {
    const on = (decorate: () => unknown) => {
      const decorator = decorate() as MethodDecorator;
      class Site {
        work(id: string): Promise<string> {
          return Promise.resolve(id);
        }
      }
      const descriptor = Object.getOwnPropertyDescriptor(Site.prototype, 'work') ?? {};
      decorator(Site.prototype, 'work', descriptor);
      return () => {
        decorator(Site.prototype, 'work', descriptor);
      };
    };
    expect(() => on(() => Locked('order:<nope>'))).toThrow(/<nope>/);
    expect(() => on(() => Locked([]))).toThrow(/must not be empty/);
    expect(() => on(() => Locked('a', { wait: '10' as never }))).toThrow(/`wait` has no unit/);
    expect(() => on(() => Locked('a', { wiat: '10s' } as never))).toThrow(/`wiat` is unknown/);
    expect(on(() => Locked('a'))).toThrow(/Site.work has @Locked twice/);
    expect(() => (Locked('a') as MethodDecorator)(Orders, 'make', { value: () => 1 })).toThrow(/methods of instances/);
    expect(() => {
      class Both {
        @UseLock(() => 'a')
        @Locked('a')
        work(): Promise<void> {
          return Promise.resolve();
        }
      }
      return Both;
    }).toThrow(/Both.work has @UseLock and @Locked/);
    expect(() => {
      @UseLock(() => 'a')
      class Both {
        @Locked('a')
        work(): Promise<void> {
          return Promise.resolve();
        }
      }
      return Both;
    }).toThrow(/Both.work has @UseLock and @Locked/);
    expect(() => {
      @UseLock(() => 'a')
      class Base {}
      class Both extends Base {
        @Locked('a')
        work(): Promise<void> {
          return Promise.resolve();
        }
      }
      return Both;
    }).toThrow(/Both.work has @Locked and @UseLock/);
    expect(() => {
      class Twice {
        work(@LockKey('a') _one: string, @LockKey('a') _two: string): void {
          // It never runs.
        }
      }
      return Twice;
    }).toThrow(/names one parameter/);
  });
});

describe('onBusy and onLost', () => {
  const gate = new Gate();

  @Injectable()
  class Jobs {
    readonly note = 'note of the instance';

    @Locked('job')
    async hold(): Promise<void> {
      await gate.pass();
    }

    @Locked('job', { wait: 0, onBusy: 'skip' })
    skips(): Promise<string | undefined> {
      return Promise.resolve('worked');
    }

    @Locked('job', {
      wait: 0,
      onBusy(this: Jobs, busy: LockBusyError | { code: string }, id: string) {
        return [busy.code, id, this.note].join();
      },
    })
    answers(_id: string): Promise<string> {
      return Promise.resolve('worked');
    }

    @Locked('job', { wait: 0 })
    throws(): Promise<string> {
      return Promise.resolve('worked');
    }

    @Locked('short', { maxHold: 1 })
    async late(): Promise<string> {
      const { signal } = currentLease();
      await new Promise((resolve) => {
        signal.addEventListener('abort', resolve);
      });
      return 'late';
    }

    @Locked('short', { maxHold: 1, onLost: 'return' })
    lateAnyway(): Promise<string> {
      return Jobs.prototype.waitForLoss.call(this);
    }

    async waitForLoss(): Promise<string> {
      const { signal } = currentLease();
      await new Promise((resolve) => {
        signal.addEventListener('abort', resolve);
      });
      return 'late';
    }

    @Locked('own', { onBusy: () => 'not ours' })
    async fails(): Promise<string> {
      await this.throws();
      return 'worked';
    }
  }

  it('throws, skips, answers; what the method itself throws is its own', async () => {
    const app = await Test.createTestingModule({ imports: [lockModule()], providers: [Jobs] }).compile();
    const jobs = app.get(Jobs);
    const held = jobs.hold();
    await gate.entered;
    expect(await jobs.skips()).toBeUndefined();
    expect(await jobs.answers('7')).toBe('LOCK_BUSY,7,note of the instance');
    await expect(jobs.throws()).rejects.toMatchObject({ code: 'LOCK_BUSY' });
    await expect(jobs.fails()).rejects.toMatchObject({ code: 'LOCK_BUSY' });
    gate.open();
    await held;
    expect(await jobs.skips()).toBe('worked');
    expect(await jobs.answers('7')).toBe('worked');
    await expect(jobs.late()).rejects.toMatchObject({ code: 'LOCK_LOST', completed: true, result: 'late' });
    expect(await jobs.lateAnyway()).toBe('late');
    expect(findCurrentLease()).toBeUndefined();
    await app.close();
  });
});
