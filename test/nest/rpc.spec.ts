import { jest } from '@jest/globals';
import { Controller, type INestMicroservice, Logger } from '@nestjs/common';
import {
  type ClientProxy,
  ClientProxyFactory,
  EventPattern,
  MessagePattern,
  Payload,
  Transport,
} from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { lastValueFrom } from 'rxjs';
import { currentLease, Locked, LockModule, LockService, memory, UseLock } from 'nestjs-locked';
import { Gate } from './gate.js';

interface Order {
  readonly sku: string;
}

let seen = new Gate();
let handled: string[] = [];

@Controller()
class Worker {
  @MessagePattern('buy')
  @Locked('sku:<order.sku>', { wait: 0 })
  buy(@Payload() order: Order): Promise<string> {
    return Promise.resolve(currentLease(`sku:${order.sku}`).key);
  }

  @MessagePattern('buy-whole')
  @UseLock((context) => `sku:${context.switchToRpc().getData<Order>().sku}`, { wait: 0 })
  buyWhole(): string {
    return currentLease().key;
  }

  @EventPattern('sold')
  @Locked('sku:<order.sku>', { wait: 0, onBusy: 'skip' })
  async sold(@Payload() order: Order): Promise<void> {
    handled.push(order.sku);
    await seen.pass();
  }

  @EventPattern('refused')
  @Locked('sku:<order.sku>', { wait: 0 })
  refused(@Payload() order: Order): Promise<void> {
    handled.push(order.sku);
    return Promise.resolve();
  }
}

describe('over RPC', () => {
  let service: INestMicroservice;
  let client: ClientProxy;
  let locks: LockService;
  const send = (pattern: string, sku: string) => lastValueFrom(client.send<string, Order>(pattern, { sku }));
  const emit = (pattern: string, sku: string) => lastValueFrom(client.emit(pattern, { sku }), { defaultValue: null });

  beforeAll(async () => {
    const imports = [LockModule.forRoot({ backend: memory() })];
    const module = await Test.createTestingModule({ imports, controllers: [Worker] }).compile();
    const tcp = { transport: Transport.TCP as const, options: { host: '127.0.0.1', port: 0 } };
    service = module.createNestMicroservice(tcp);
    await service.listen();
    const { port } = service.unwrap<{ address(): { port: number } }>().address();
    client = ClientProxyFactory.create({ transport: Transport.TCP, options: { host: '127.0.0.1', port } });
    locks = service.get(LockService);
  });
  afterAll(async () => {
    client.close();
    await service.close();
  });
  beforeEach(() => {
    seen = new Gate();
    handled = [];
  });

  it.each(['buy', 'buy-whole'])(
    'locks a message handler and answers in its own form when busy: %s',
    async (pattern) => {
      expect(await send(pattern, 'lamp')).toBe('sku:lamp');
      await locks.using('sku:lamp', async () => {
        const message = expect.stringContaining('The lock is held by somebody else.');
        await expect(send(pattern, 'lamp')).rejects.toEqual({ status: 'error', code: 'LOCK_BUSY', message });
      });
    },
  );

  it('lets an event handler skip', async () => {
    await emit('sold', 'lamp');
    await seen.entered;
    expect(await locks.tryAcquire('sku:lamp')).toBeUndefined();
    await emit('sold', 'lamp');
    // Same connection, same order: the second event has been looked at when this is answered.
    await send('buy', 'chair');
    seen.open();
    await locks.using('sku:lamp', () => undefined);
    expect(handled).toEqual(['lamp']);
  });

  it('logs when an event was refused: nobody else would hear of it', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockReturnValue(undefined);
    await locks.using('sku:lamp', async () => {
      await emit('refused', 'lamp');
      await send('buy', 'chair');
    });
    expect(handled).toEqual([]);
    expect(warn).toHaveBeenCalledWith(expect.objectContaining({ code: 'LOCK_BUSY', key: 'sku:lamp' }));
    warn.mockRestore();
  });

  it('refuses at boot to skip a message', async () => {
    @Controller()
    class Skips {
      @MessagePattern('buy')
      @Locked('a', { onBusy: 'skip' })
      buy(): Promise<string | undefined> {
        return Promise.resolve('');
      }
    }
    const imports = [LockModule.forRoot({ backend: memory() })];
    const module = await Test.createTestingModule({ imports, controllers: [Skips] }).compile();
    await expect(module.init()).rejects.toThrow(/of Skips.buy must not be 'skip': it is a @MessagePattern handler/);
  });
});
