import { Injectable } from '@nestjs/common';
import type { TestingModule } from '@nestjs/testing';
import { currentLease, Locked, LockKey } from 'nestjs-locked';
import { boot, foreign, heldAndFree } from './support.js';

interface Order {
  readonly sku: { readonly id: number };
}

const held = (keys = ['order:7']): Promise<string> => Promise.resolve(keys.map((key) => currentLease(key).key).join());

/** Its function has a parameter of the same name, in another place. */
const misleading: MethodDecorator = (_target, _property, descriptor) => {
  const method = descriptor.value as (...args: unknown[]) => unknown;
  descriptor.value = function (this: unknown, id: unknown, second: unknown): unknown {
    return method.call(this, id, second);
  } as never;
};

/** Every form of a key, with the lock above and below a decorator that puts a function of its own in its place. */
@Injectable()
class Orders {
  @Locked('order:<id>', { wait: 0 })
  @foreign
  templateAbove(_first: unknown, id: number): Promise<string> {
    return held([`order:${id}`]);
  }

  @Locked('order:<id>', { wait: 0 })
  @misleading
  misled(_first: unknown, id: number): Promise<string> {
    return held([`order:${id}`]);
  }

  @foreign
  @Locked('order:<id>', { wait: 0 })
  templateBelow(_first: unknown, id: number): Promise<string> {
    return held([`order:${id}`]);
  }

  @Locked('order:<1>', { wait: 0 })
  @foreign
  positionAbove(_first: unknown, _id: number): Promise<string> {
    return held();
  }

  @foreign
  @Locked('order:<1>', { wait: 0 })
  positionBelow(_first: unknown, _id: number): Promise<string> {
    return held();
  }

  @Locked('order:<number>', { wait: 0 })
  @foreign
  markAbove(_first: unknown, @LockKey('number') _id: number): Promise<string> {
    return held();
  }

  @foreign
  @Locked('order:<number>', { wait: 0 })
  markBelow(_first: unknown, @LockKey('number') _id: number): Promise<string> {
    return held();
  }

  @Locked('order:<order.sku.id>', { wait: 0 })
  @foreign
  pathAbove(order: Order): Promise<string> {
    return held([`order:${order.sku.id}`]);
  }

  @foreign
  @Locked('order:<order.sku.id>', { wait: 0 })
  pathBelow(order: Order): Promise<string> {
    return held([`order:${order.sku.id}`]);
  }

  @Locked((order: Order) => `order:${order.sku.id}`, { wait: 0 })
  @foreign
  functionAbove(_order: Order): Promise<string> {
    return held();
  }

  @foreign
  @Locked((order: Order) => `order:${order.sku.id}`, { wait: 0 })
  functionBelow(_order: Order): Promise<string> {
    return held();
  }

  @Locked(['account:<1>', 'order:<id>'], { wait: 0 })
  @foreign
  listAbove(id: number, account: number): Promise<string> {
    return held([`account:${account}`, `order:${id}`]);
  }

  @foreign
  @Locked((id: number, account: number) => [`account:${account}`, `order:${id}`], { wait: 0 })
  listBelow(id: number, account: number): Promise<string> {
    return held([`account:${account}`, `order:${id}`]);
  }
}

describe('keys of @Locked, above and below a foreign decorator', () => {
  let app: TestingModule;
  beforeAll(async () => {
    app = await boot({ providers: [Orders] });
  });
  afterAll(() => app.close());

  it.each<[string, (orders: Orders) => Promise<string>, string?]>([
    ['a name, above', (orders) => orders.templateAbove(1, 7)],
    ['a name, above a function that calls another parameter so', (orders) => orders.misled(1, 7)],
    ['a name, below', (orders) => orders.templateBelow(1, 7)],
    ['a position, above', (orders) => orders.positionAbove(1, 7)],
    ['a position, below', (orders) => orders.positionBelow(1, 7)],
    ['@LockKey, above', (orders) => orders.markAbove(1, 7)],
    ['@LockKey, below', (orders) => orders.markBelow(1, 7)],
    ['a nested path, above', (orders) => orders.pathAbove({ sku: { id: 7 } })],
    ['a nested path, below', (orders) => orders.pathBelow({ sku: { id: 7 } })],
    ['a function, above', (orders) => orders.functionAbove({ sku: { id: 7 } })],
    ['a function, below', (orders) => orders.functionBelow({ sku: { id: 7 } })],
    ['several templates, above', (orders) => orders.listAbove(7, 1), 'account:1,order:7'],
    ['several from a function, below', (orders) => orders.listBelow(7, 1), 'account:1,order:7'],
  ])('%s', async (_, call, keys = 'order:7') => {
    expect(await heldAndFree(app, 'order:7', () => call(app.get(Orders)))).toEqual(['LOCK_BUSY', keys]);
  });

  it('an override may call the method above it, whatever its own parameters are called', async () => {
    @Injectable()
    class Renamed extends Orders {
      @Locked('order:<sevenOrSo>', { wait: 0 })
      override templateAbove(first: unknown, sevenOrSo: number): Promise<string> {
        return super.templateAbove(first, sevenOrSo);
      }
    }
    const other = await boot({ providers: [Renamed] });
    const call = () => other.get(Renamed).templateAbove(1, 7);
    expect(await heldAndFree(other, 'order:7', call)).toEqual(['LOCK_BUSY', 'order:7']);
    await other.close();
  });
});
