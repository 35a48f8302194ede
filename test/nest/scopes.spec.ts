import { Controller, Get, Injectable, Param, Scope } from '@nestjs/common';
import request from 'supertest';
import { currentLease, Locked, LockNotBoundError } from 'nestjs-locked';
import { boot, heldAndFree, serve } from './support.js';

@Injectable()
class Orders {
  @Locked('order:<id>', { wait: 0 })
  pay(id: string): Promise<string> {
    return Promise.resolve(`${currentLease().key} paid by ${this.constructor.name}${id.slice(99)}`);
  }

  payFromInside(id: string): Promise<string> {
    return this.pay(id);
  }
}

@Injectable()
class Inherits extends Orders {}

@Injectable()
class Overrides extends Orders {
  @Locked('order:<id>', { wait: 0 })
  override async pay(id: string): Promise<string> {
    return `${await super.pay(id)} and super`;
  }
}

@Injectable()
class OverridesBare extends Orders {
  override async pay(id: string): Promise<string> {
    return `${await super.pay(id)} below`;
  }
}

abstract class Base {
  abstract readonly kind: string;

  @Locked(({ id }: { id: string }) => `order:${id}`, { wait: 0 })
  async handle(_order: { id: string }): Promise<string> {
    return `${this.kind} under ${currentLease().key}`;
  }
}

@Injectable()
class Concrete extends Base {
  readonly kind = 'concrete';
}

@Injectable({ scope: Scope.REQUEST })
class PerRequest extends Orders {}

@Injectable({ scope: Scope.TRANSIENT })
class Transient extends Orders {}

@Injectable()
class Outer {
  constructor(private readonly transient: Transient) {}

  pay(id: string): Promise<string> {
    return this.transient.pay(id);
  }
}

describe('@Locked on providers', () => {
  it.each([
    ['a singleton', Orders, 'Orders'],
    ['an inherited method', Inherits, 'Inherits'],
    ['an override that calls super: the same lease', Overrides, 'Overrides and super'],
    ['an override that is not locked itself', OverridesBare, 'OverridesBare below'],
  ])('%s', async (_, service, by) => {
    const app = await boot({ providers: [service] });
    const { pay } = { pay: () => app.get<Orders>(service).pay('7') };
    expect(await heldAndFree(app, 'order:7', pay)).toEqual(['LOCK_BUSY', `order:7 paid by ${by}`]);
    await app.close();
  });

  it('a call from inside the class', async () => {
    const app = await boot({ providers: [Orders] });
    const call = () => app.get(Orders).payFromInside('7');
    expect(await heldAndFree(app, 'order:7', call)).toEqual(['LOCK_BUSY', 'order:7 paid by Orders']);
    await app.close();
  });

  it('a method of an abstract class that Nest never sees', async () => {
    const app = await boot({ providers: [Concrete] });
    const call = () => app.get(Concrete).handle({ id: '7' });
    expect(await heldAndFree(app, 'order:7', call)).toEqual(['LOCK_BUSY', 'concrete under order:7']);
    await app.close();
  });

  it.each([
    ['request-scoped', PerRequest],
    ['transient', Transient],
  ])('every instance of a %s one', async (_, service) => {
    const app = await boot({ providers: [service] });
    const [one, two] = [await app.resolve(service), await app.resolve(service)];
    expect(one).not.toBe(two);
    for (const instance of [one, two]) {
      const held = await heldAndFree(app, 'order:7', () => instance.pay('7'));
      expect(held).toEqual(['LOCK_BUSY', `order:7 paid by ${service.name}`]);
    }
    await app.close();
  });

  it('a transient one inside of a singleton', async () => {
    const app = await boot({ providers: [Transient, Outer] });
    const call = () => app.get(Outer).pay('7');
    expect(await heldAndFree(app, 'order:7', call)).toEqual(['LOCK_BUSY', 'order:7 paid by Transient']);
    await app.close();
  });

  it.each([
    ['useFactory', { useFactory: () => Promise.resolve(new Orders()) }],
    ['useValue', { useValue: new Orders() }],
    ['useClass', { useClass: Inherits }],
  ])('one made by %s', async (_, made) => {
    const app = await boot({ providers: [{ provide: 'orders', ...made }] });
    const call = () => app.get<Orders>('orders').pay('7');
    expect(await heldAndFree(app, 'order:7', call)).toEqual(['LOCK_BUSY', expect.stringContaining('order:7 paid')]);
    await app.close();
  });

  it('one made by hand for one application after another, but not for two at a time', async () => {
    const metadata = { providers: [{ provide: Orders, useValue: new Orders() }] };
    const first = await boot(metadata);
    await expect(boot(metadata)).rejects.toThrow(/Orders.pay is @Locked, but .* has locks of another application/);
    await first.close();
    const second = await boot(metadata);
    expect(await second.get(Orders).pay('7')).toContain('order:7');
    await second.close();
  });

  it('none that is frozen: it is refused at boot', async () => {
    const useValue = Object.freeze(new Orders());
    await expect(boot({ providers: [{ provide: Orders, useValue }] })).rejects.toThrow(/Orders.pay .* is frozen/);
  });

  it('one made by a factory for each request is not found at boot: it refuses, and does not run unlocked', async () => {
    const made = { provide: 'orders', scope: Scope.REQUEST, useFactory: () => new Orders() };
    const app = await boot({ providers: [made] });
    await expect((await app.resolve<Orders>('orders')).pay('7')).rejects.toThrow(LockNotBoundError);
    await app.close();
  });
});

describe('@Locked on controllers', () => {
  it.each([['a singleton', Scope.DEFAULT] as const, ['request-scoped', Scope.REQUEST] as const])(
    '%s',
    async (_, scope) => {
      @Controller({ path: 'orders', scope })
      class OrdersController {
        @Get(':id')
        @Locked('order:<id>', { wait: 0 })
        pay(@Param('id') id: string): Promise<string> {
          return Promise.resolve(currentLease().key + id.slice(99));
        }
      }
      const app = await serve({ controllers: [OrdersController] });
      const call = async () => (await request(app.getHttpServer()).get('/orders/7')).text;
      const [held, free] = await heldAndFree(app, 'order:7', call);
      expect(held).toContain('LOCK_BUSY');
      expect(free).toBe('order:7');
      await app.close();
    },
  );
});
