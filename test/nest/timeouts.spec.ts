import type { Server } from 'node:http';
import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import {
  type CallHandler,
  Controller,
  type ExecutionContext,
  Get,
  type INestApplication,
  type NestInterceptor,
  StreamableFile,
} from '@nestjs/common';
import request from 'supertest';
import { from, NEVER, Observable, takeUntil, throwIfEmpty } from 'rxjs';
import { Locked, LockService, UseLock } from 'nestjs-locked';
import { Gate } from './gate.js';
import { serve } from './support.js';

let gate = new Gate();
let file: Readable;

/** As one that answers after a time-out and leaves the handler alone; here the time is up when the handler is at work. */
class Timeout implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(
      takeUntil(from(gate.entered)),
      throwIfEmpty(() => new Error('Time is up.')),
    );
  }
}

@Controller()
class Orders {
  @Get('locked')
  @Locked('order')
  async locked(): Promise<string> {
    await gate.pass();
    return 'done';
  }

  /** It does not say what it returns. */
  @Locked('order')
  undeclared() {
    return gate.pass();
  }

  @Get('used')
  @UseLock(() => 'order')
  async used(): Promise<string> {
    await gate.pass();
    return 'done';
  }

  @Get('file')
  @UseLock(() => 'order')
  async file(): Promise<StreamableFile> {
    await gate.pass();
    return new StreamableFile(file);
  }

  @Get('failing')
  @UseLock(() => 'order')
  async failing(): Promise<string> {
    await gate.pass();
    throw new Error('Nobody hears of it.');
  }

  @Get('observable')
  @UseLock(() => 'order')
  observable(): Observable<never> {
    void gate.pass();
    return NEVER;
  }
}

describe('a handler whose caller was answered while it is at work', () => {
  let app: INestApplication<Server>;
  const isFree = async (): Promise<boolean> => {
    const lease = await app.get(LockService).tryAcquire('order');
    await lease?.release();
    return lease !== undefined;
  };
  const untilFree = () => app.get(LockService).using('order', { wait: '4s' }, () => undefined);

  beforeAll(async () => {
    app = await serve({ controllers: [Orders] }, (server) => server.useGlobalInterceptors(new Timeout()));
  });
  afterAll(() => app.close());
  beforeEach(() => {
    gate = new Gate();
    file = Readable.from(['content']);
  });

  it.each(['locked', 'used', 'file', 'failing'])('keeps the lock until it has settled: %s', async (path) => {
    await request(app.getHttpServer()).get(`/${path}`).expect(500);
    expect(await isFree()).toBe(false);
    gate.open();
    await untilFree();
  });

  it('keeps the lock until a Promise has settled that somebody has taken for an Observable', async () => {
    const subscription = from(app.get(Orders).undeclared()).subscribe();
    await gate.entered;
    subscription.unsubscribe();
    // Time enough to give the key back.
    await setImmediate();
    expect(await isFree()).toBe(false);
    gate.open();
    await untilFree();
  });

  it('closes the file that nobody will read', async () => {
    await request(app.getHttpServer()).get('/file').expect(500);
    const closed = new Promise((resolve) => file.once('close', resolve));
    gate.open();
    await closed;
    await untilFree();
  });

  it('gives the key back at once if it is an Observable: nothing of it runs on', async () => {
    await request(app.getHttpServer()).get('/observable').expect(500);
    await untilFree();
  });
});
