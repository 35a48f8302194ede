import type { Server } from 'node:http';
import { Controller, Get, type INestApplication, NotFoundException, Param, Scope } from '@nestjs/common';
import {
  type ClientProxy,
  ClientProxyFactory,
  EventPattern,
  MessagePattern,
  Payload,
  RpcException,
  Transport,
} from '@nestjs/microservices';
import request from 'supertest';
import { lastValueFrom } from 'rxjs';
import { currentLease, Locked, LockService, UseLock } from 'nestjs-locked';
import { heldAndFree, serve } from './support.js';

interface Order {
  readonly id: string;
}

const BUSY = {
  status: 'error',
  code: 'LOCK_BUSY',
  message: expect.stringContaining('The lock is held by somebody else.'),
};

@Controller('orders')
class Orders {
  @Get(':id')
  @Locked('order:<id>', { wait: 0 })
  route(@Param('id') id: string): Promise<string> {
    if (id === '13') throw new NotFoundException('no such order');
    return Promise.resolve(currentLease().key);
  }

  @MessagePattern('locked')
  @Locked('order:<order.id>', { wait: 0 })
  locked(@Payload() order: Order): Promise<string> {
    if (order.id === '13') throw new RpcException('no such message');
    return Promise.resolve(currentLease().key);
  }

  @Locked('order:<order.id>', { wait: 0 })
  @MessagePattern('locked above')
  lockedAbove(@Payload() order: Order): Promise<string> {
    return Promise.resolve(currentLease().key + order.id.slice(99));
  }

  @MessagePattern('used')
  @UseLock((context) => `order:${context.switchToRpc().getData<Order>().id}`, { wait: 0 })
  used(@Payload() _order: Order): string {
    return currentLease().key;
  }
}

@Controller({ scope: Scope.REQUEST })
class PerRequest {
  @MessagePattern('per request')
  @Locked('order:<order.id>', { wait: 0 })
  locked(@Payload() order: Order): Promise<string> {
    return Promise.resolve(currentLease().key + order.id.slice(99));
  }

  @EventPattern('event')
  @Locked('order:<order.id>', { wait: '5s' })
  event(@Payload() order: Order): Promise<void> {
    heard(currentLease().key + order.id.slice(99));
    return Promise.resolve();
  }
}

let heard: (key: string) => void = () => undefined;

describe.each([
  ['with inheritAppConfig', true],
  ['without inheritAppConfig', false],
])('a hybrid application %s', (_, inheritAppConfig) => {
  let app: INestApplication<Server>;
  let client: ClientProxy;
  const send = (pattern: string, id = '7') => lastValueFrom(client.send<string, Order>(pattern, { id }));
  const get = (id: string) => request(app.getHttpServer()).get(`/orders/${id}`);

  beforeAll(async () => {
    app = await serve({ controllers: [Orders, PerRequest] }, async (hybrid) => {
      const options = { host: '127.0.0.1', port: 0 };
      const service = hybrid.connectMicroservice({ transport: Transport.TCP, options }, { inheritAppConfig });
      await hybrid.startAllMicroservices();
      const { port } = service.unwrap<{ address(): { port: number } }>().address();
      client = ClientProxyFactory.create({ transport: Transport.TCP, options: { host: '127.0.0.1', port } });
    });
  });
  afterAll(async () => {
    client.close();
    await app.close();
  });

  it.each(['locked', 'locked above', 'used', 'per request'])('locks a message handler: %s', async (pattern) => {
    expect(await heldAndFree(app, 'order:7', () => send(pattern))).toEqual([BUSY.code, 'order:7']);
    await expect(app.get(LockService).using('order:7', () => send(pattern))).rejects.toEqual(BUSY);
  });

  it('locks a route of the same controller, and answers there in another form', async () => {
    const busy = await app.get(LockService).using('order:7', () => get('7'));
    expect([busy.status, busy.body]).toEqual([409, { statusCode: 409, code: 'LOCK_BUSY', message: BUSY.message }]);
    expect((await get('7')).text).toBe('order:7');
  });

  it('leaves errors of the handler as they are', async () => {
    expect((await get('13')).body).toMatchObject({ statusCode: 404, message: 'no such order' });
    await expect(send('locked', '13')).rejects.toEqual({ status: 'error', message: 'no such message' });
  });

  it('has an event wait for its turn', async () => {
    let key: string | undefined;
    const handled = new Promise<void>((resolve) => {
      heard = (given) => {
        key = given;
        resolve();
      };
    });
    await app.get(LockService).using('order:7', async () => {
      await lastValueFrom(client.emit('event', { id: '7' }), { defaultValue: undefined });
      // Same connection, same order: the event was looked at before this is answered.
      await send('locked', '8');
      expect(key).toBeUndefined();
    });
    await handled;
    expect(key).toBe('order:7');
  });
});
