import { once } from 'node:events';
import http, { type Server } from 'node:http';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { jest } from '@jest/globals';
import {
  ConflictException,
  Controller,
  Get,
  type INestApplication,
  Logger,
  type MessageEvent,
  Param,
  ParseIntPipe,
  Res,
  Scope,
  Sse,
  StreamableFile,
} from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { interval, map, type Observable } from 'rxjs';
import request from 'supertest';
import {
  currentLease,
  type LockBackend,
  LockBackendError,
  Locked,
  LockModule,
  LockService,
  memory,
  UseLock,
} from 'nestjs-locked';
import { LOCKERS } from '../../lib/lock.stores.js';
import type { Lockers } from '../../lib/lock.service.js';
import { Gate } from './gate.js';
import { nextRefusal } from './refusal.js';

const idOf = (context: { switchToHttp(): { getRequest<T>(): T } }): string =>
  `order:${context.switchToHttp().getRequest<{ params: { id: string } }>().params.id}`;

let gate = new Gate();
const log: string[] = [];

@Controller('orders')
class Orders {
  @Get('pay/:id')
  @Locked('order:<id>', { wait: '1m' })
  async pay(@Param('id', ParseIntPipe) id: number): Promise<string> {
    if (id === 13) throw new ConflictException('sold out');
    if (id === 1) await gate.pass();
    log.push(`paid ${id}`);
    return currentLease().key;
  }

  @Locked('order:<id>', { wait: 0 })
  @Get('try/:id')
  try(@Param('id', ParseIntPipe) id: number): Promise<string> {
    return Promise.resolve(String(id));
  }

  @Get('brief/:id')
  @Locked('order:<id>', { wait: 1 })
  brief(@Param('id') id: string): Promise<string> {
    return Promise.resolve(id);
  }

  @Get('whole/:id')
  @UseLock(idOf, { wait: '1m' })
  whole(@Param('id') id: string): string {
    log.push(`whole ${id}`);
    return currentLease().key;
  }

  @Get('answer/:id')
  @UseLock(idOf, { wait: 0, onBusy: (busy, context) => `${busy.code} in ${context.getHandler().name}` })
  answer(): string {
    return 'free';
  }

  @Get('nested/:id')
  @Locked('order:<id>')
  async nested(@Param('id') id: string): Promise<string> {
    await gate.pass();
    // The client has gone meanwhile.
    return await this.pay(Number(id) + 1).then((key) => String(log.push(key)));
  }

  @Get('late/:id')
  @UseLock(idOf, { maxHold: 1 })
  async late(): Promise<string> {
    await untilLost();
    throw new ConflictException('sold out');
  }

  @Get('partly/:id')
  @UseLock(idOf, { maxHold: 1 })
  async partly(@Res() response: http.ServerResponse): Promise<void> {
    response.setHeader('Content-Type', 'text/plain').write('part');
    await untilLost();
  }

  @Get('file/:id')
  @Locked('order:<id>')
  file(@Param('id') id: string): Promise<StreamableFile> {
    return Promise.resolve(new StreamableFile(streamed(id)));
  }

  @Get('whole-file/:id')
  @UseLock(idOf)
  wholeFile(@Param('id') id: string): StreamableFile {
    return new StreamableFile(streamed(id));
  }

  @Sse('events/:id')
  @Locked('order:<id>')
  events(@Param('id') id: string): Observable<MessageEvent> {
    return interval(1).pipe(map(() => ({ data: id })));
  }
}

@Controller({ path: 'mine', scope: Scope.REQUEST })
@UseLock(() => 'order:1', { wait: 0 })
class Mine {
  @Get('class')
  ofClass(): string {
    return currentLease().key;
  }

  @Get('method')
  @UseLock(() => `order:${log.push('asked for the key') + 1}`, { wait: 0 })
  ofMethod(): string {
    return currentLease().key;
  }
}

async function untilLost(): Promise<void> {
  const { signal } = currentLease();
  await new Promise((resolve) => {
    signal.addEventListener('abort', resolve);
  });
}

/** A stream that ends when the gate opens. */
function streamed(id: string): Readable {
  return Readable.from(
    (async function* () {
      yield id;
      await gate.pass();
      yield ' done';
    })(),
  );
}

describe('over HTTP', () => {
  let app: INestApplication<Server>;
  let locks: LockService;
  const get = (path: string) => request(app.getHttpServer()).get(path);
  const isFree = async (key: string): Promise<boolean> => {
    const lease = await locks.tryAcquire(key);
    await lease?.release();
    return lease !== undefined;
  };
  const untilFree = (key: string) => locks.using(key, { wait: '4s' }, () => 'free');

  beforeAll(async () => {
    const module = await Test.createTestingModule({
      imports: [LockModule.forRoot({ backend: memory() })],
      controllers: [Orders, Mine],
    }).compile();
    app = module.createNestApplication();
    app.useLogger(false);
    await app.listen(0, '127.0.0.1');
    locks = app.get(LockService);
  });
  afterAll(() => app.close());
  beforeEach(() => {
    gate = new Gate();
    log.length = 0;
  });

  /** A client that can hang up. */
  const visit = (path: string): http.ClientRequest => {
    const { port } = app.getHttpServer().address() as { port: number };
    const client = http.get({ host: '127.0.0.1', port, path, agent: false });
    client.on('error', () => undefined);
    return client;
  };
  const someoneWaits = async (): Promise<void> => {
    const locker = app.get<Lockers>(LOCKERS, { strict: false }).get('default');
    for (let turn = 0; locker?.counts().waiting === 0; turn++) {
      if (turn > 1e5) throw new Error('Nobody waits.');
      await new Promise(setImmediate);
    }
  };

  it('builds keys after pipes, or with @UseLock from the request', async () => {
    await get('/orders/pay/007').expect(200, 'order:7');
    await get('/orders/whole/007').expect(200, 'order:007');
  });

  it('leaves errors of the handler as they are', async () => {
    await get('/orders/pay/13').expect(409, { statusCode: 409, message: 'sold out', error: 'Conflict' });
    await get('/orders/pay/x').expect(400);
  });

  it('tells the client what happened, and neither key nor holder', async () => {
    await locks.using('order:7', async () => {
      const busy = await get('/orders/try/7')
        .expect(409)
        .expect('Retry-After', /^[1-9]\d*$/);
      expect(busy.body).toEqual({ statusCode: 409, code: 'LOCK_BUSY', message: expect.stringContaining('Try again') });
      const late = await get('/orders/brief/7').expect(423).expect('Retry-After', '1');
      expect(late.body).toMatchObject({ statusCode: 423, code: 'LOCK_TIMEOUT' });
      await get('/orders/answer/7').expect(200, 'LOCK_BUSY in answer');
    });
    await get('/orders/answer/7').expect(200, 'free');
  });

  it('stops waiting when the client hangs up', async () => {
    for (const path of ['/orders/pay/1', '/orders/whole/1']) {
      const lease = await locks.acquire('order:1');
      const refused = nextRefusal();
      const client = visit(path);
      await someoneWaits();
      client.destroy();
      expect(await refused).toBe('LOCK_ABORTED');
      await lease.release();
      await untilFree('order:1');
    }
    expect(log).toEqual([]);
  });

  it('keeps the lock for a handler that is at work, whether or not its client is still there', async () => {
    const client = visit('/orders/pay/1');
    await gate.entered;
    const closed = new Promise((resolve) => client.once('close', resolve));
    client.destroy();
    await closed;
    // The server, too, has seen it before it answers this.
    await get('/orders/try/2').expect(200);
    expect(await isFree('order:1')).toBe(false);
    gate.open();
    await untilFree('order:1');
    expect(log).toEqual(['paid 1']);
  });

  it('lets a handler that is at work wait for locks of its own, whether or not its client is still there', async () => {
    const lease = await locks.acquire('order:4');
    const client = visit('/orders/nested/3');
    await gate.entered;
    const closed = new Promise((resolve) => client.once('close', resolve));
    client.destroy();
    await closed;
    await get('/orders/try/2').expect(200);
    gate.open();
    await someoneWaits();
    await lease.release();
    await untilFree('order:3');
    expect(log).toEqual(['paid 4', 'order:4']);
  });

  it('lets a handler come to its end although its lease is lost: its own error wins', async () => {
    await get('/orders/late/5').expect(409, { statusCode: 409, message: 'sold out', error: 'Conflict' });
  });

  it('adds nothing to a reply that has begun', async () => {
    const log = jest.spyOn(Logger.prototype, 'error').mockReturnValue(undefined);
    const [response] = (await once(visit('/orders/partly/6'), 'response')) as [http.IncomingMessage];
    expect(await text(response)).toBe('part');
    expect(response.complete).toBe(true);
    expect(log.mock.calls).toEqual([[expect.objectContaining({ code: 'LOCK_LOST' })]]);
    log.mockRestore();
  });

  it.each(['file', 'whole-file'])('keeps the lock until a stream has ended: %s', async (route) => {
    const reply = get(`/orders/${route}/1`).then(({ body }) => String(body as Buffer));
    await gate.entered;
    expect(await isFree('order:1')).toBe(false);
    gate.open();
    expect(await reply).toBe('1 done');
    await untilFree('order:1');

    gate = new Gate();
    const client = visit(`/orders/${route}/1`);
    await gate.entered;
    client.destroy();
    gate.open();
    await untilFree('order:1');
  });

  it('keeps the lock for server-sent events until the client leaves', async () => {
    const client = visit('/orders/events/1');
    await new Promise<void>((resolve) => {
      client.once('response', (response) =>
        response.on('data', (chunk: Buffer) => {
          if (chunk.includes('data: 1')) resolve();
        }),
      );
    });
    expect(await isFree('order:1')).toBe(false);
    client.destroy();
    await untilFree('order:1');
  });

  it('takes the lock of a class for its handlers, that of a method in its place, and one of them only', async () => {
    await get('/mine/class').expect(200, 'order:1');
    await get('/mine/method').expect(200, 'order:2');
    expect(log).toEqual(['asked for the key']);
    log.length = 0;
    await locks.using('order:1', async () => {
      await get('/mine/class').expect(409);
      await get('/mine/method').expect(200, 'order:2');
    });
  });

  it('refuses at boot to skip where the caller waits for a reply', async () => {
    @Controller()
    class Skips {
      @Locked('a', { onBusy: 'skip' })
      @Get()
      locked(): Promise<string | undefined> {
        return Promise.resolve('');
      }
    }
    @Controller()
    class SkipsToo {
      @UseLock(() => 'a', { onBusy: 'skip' })
      @Get()
      used(): string {
        return '';
      }
    }
    @Controller()
    @UseLock(() => 'a', { onBusy: 'skip' })
    class SkipsAll {
      @Get()
      all(): string {
        return '';
      }
    }
    for (const [controller, name] of [
      [Skips, 'Skips.locked'],
      [SkipsToo, 'SkipsToo.used'],
      [SkipsAll, 'SkipsAll.all'],
    ] as const) {
      const imports = [LockModule.forRoot({ backend: memory() })];
      const module = await Test.createTestingModule({ imports, controllers: [controller] }).compile();
      await expect(module.init()).rejects.toThrow(`of ${name} must not be 'skip': it is an HTTP route`);
    }
  });

  it('hides what went wrong in the store', async () => {
    const backend: LockBackend = {
      name: 'broken',
      waits: false,
      maxTurns: 1,
      acquire: () => Promise.reject(new LockBackendError('10.0.0.7 is down', { outcome: 'not-applied' })),
      abandon: () => Promise.resolve(),
      ping: () => Promise.resolve(),
    };
    const imports = [LockModule.forRoot({ backend })];
    const module = await Test.createTestingModule({ imports, controllers: [Orders] }).compile();
    const broken = module.createNestApplication<INestApplication<Server>>({ logger: false });
    await broken.init();
    const body = { statusCode: 503, code: 'LOCK_BACKEND', message: 'Service Unavailable' };
    const reply = await request(broken.getHttpServer()).get('/orders/try/7').expect(503, body);
    expect(reply.headers).not.toHaveProperty('retry-after');
    await broken.close();
  });
});
