import { randomUUID } from 'node:crypto';
import { subscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { inspect } from 'node:util';
import type { Locker } from '../../lib/core/index.js';
import { askUntil } from '../support/ask-until.js';
import { lost } from '../support/lost.js';
import { withSchedulerDelay } from '../support/scheduler-delay.js';
import type { TcpProxy } from '../support/tcp-proxy.js';
import { asksFor, handshakesOf } from '../support/zookeeper-messages.js';
import { ZookeeperStage } from './zookeeper.stage.js';

const SESSION_MS = 1_500;

describe('zookeeper: the session', () => {
  let stage: ZookeeperStage;
  let proxy: TcpProxy;
  let locker: Locker;
  let key: string;

  beforeAll(async () => {
    stage = await ZookeeperStage.start(SESSION_MS);
  }, 120_000);
  beforeEach(async () => {
    key = randomUUID();
    proxy = await stage.proxy();
    locker = stage.locker(proxy.url);
  });
  afterAll(() => stage.stop());

  it('F20: a cut makes a lease suspect at once, and held again after an answer in the same session', async () => {
    const lease = await locker.acquire(key);
    const suspected = new Promise((resolve) => subscribe('nestjs-locked:suspect', resolve));
    proxy.cut();
    await suspected;
    await askUntil('it is held again', () => Promise.resolve(lease.state === 'held'));
    expect(lease.signal.aborted).toBe(false);
    expect(await stage.queue(key)).toHaveLength(1);
    expect(await lease.release()).toEqual({ released: true });
  });

  it('it is suspect as long as no server answers, and lost before the session can end', async () => {
    const lease = await locker.acquire(key);
    const since = performance.now();
    proxy.refuse();
    proxy.cut();
    await askUntil('it is suspect', () => Promise.resolve(lease.state === 'suspect'));
    expect(await lost(lease)).toMatchObject({ code: 'LOCK_LOST' });
    expect(performance.now() - since).toBeLessThan(SESSION_MS);
    expect(await stage.queue(key)).toHaveLength(1);
    await proxy.heal();
    const [next] = await Promise.all([locker.acquire(key, { wait: '10s' })]);
    expect(next.token).toBeGreaterThan(lease.token);
    await next.release();
  });

  it('a lease that was lost with its session is deleted by whoever comes after it, before the server does it', async () => {
    const lease = await locker.acquire(key);
    const [own] = await stage.queue(key);
    proxy.blackhole('toClient');
    await lost(lease);
    await proxy.heal();
    const { result, delayMs } = await withSchedulerDelay(async () => {
      const since = performance.now();
      await askUntil('its node is gone', async () => !(await stage.queue(key)).includes(own as string));
      return performance.now() - since;
    });
    // A third of the session was left, and a tick to see it.
    expect(result).toBeLessThan(SESSION_MS / 3 + 5 * delayMs);
  });

  it('who waits when its session ends takes a new place, and is granted', async () => {
    const holder = await stage.locker().acquire(key);
    const waiting = locker.acquire(key, { wait: '30s' });
    await stage.untilQueued(key, 2);
    const [, place] = await stage.queue(key);
    proxy.blackhole('both');
    await askUntil('the server has ended its session', async () => !(await stage.queue(key)).includes(place as string));
    await proxy.heal();
    await stage.untilQueued(key, 2);
    await holder.release();
    const lease = await waiting;
    expect(lease.token).toBeGreaterThan(holder.token);
    expect(await lease.release()).toEqual({ released: true });
    expect(await stage.queue(key)).toEqual([]);
  }, 30_000);

  it('F53: an administrator deletes the node of a holder, who is told at once; of a waiter, who makes another', async () => {
    const lease = await locker.acquire(key);
    const told = lost(lease);
    // Its node is watched from the next sign of life on.
    await askUntil('it is watched', async () => (await stage.watches()) > 0);
    const waiting = stage.locker().acquire(key, { wait: '10s' });
    await stage.untilQueued(key, 2);
    const [held, waits] = await stage.queue(key);
    // Longer than it relies on what it has seen in the queue.
    await pause(100);
    await stage.admin.remove(waits as string);
    await stage.admin.remove(held as string);
    expect(await told).toMatchObject({ code: 'LOCK_LOST', reason: 'taken' });
    const next = await waiting;
    expect(next.token).toBeGreaterThan(lease.token);
    expect(await lease.release()).toMatchObject({ released: false });
    expect(await next.release()).toEqual({ released: true });
  });

  it('who writes into the node of a holder, as Curator does to ask it to let go, wakes nobody into a grant', async () => {
    const lease = await locker.acquire(key);
    const waiting = stage.locker().acquire(key, { wait: '1s' });
    await stage.untilQueued(key, 2);
    const [held] = await stage.queue(key);
    for (let i = 0; i < 5; i++) await stage.admin.write(held as string, '__REVOKE__');
    await expect(waiting).rejects.toMatchObject({ code: 'LOCK_TIMEOUT' });
    expect(lease.state).toBe('held');
    await lease.release();
  });

  it('a heartbeat is a write: reads that are answered do not keep a lease', async () => {
    const lease = await locker.acquire(key);
    proxy.filter((direction, chunk) => (direction === 'toServer' && asksFor(chunk, 'setData') ? undefined : chunk));
    expect(await lost(lease)).toMatchObject({ code: 'LOCK_LOST' });
  });

  it('a session with credentials is taken up with them', async () => {
    const user = proxy.url.replace('//', '//shop:canary@').replace('?', `/secured-${key}?`);
    const secured = stage.locker(user);
    const lease = await secured.acquire(key);
    proxy.cut();
    for (let i = 0; i < 3; i++) await secured.using(`${key}-${String(i)}`, { wait: '5s' }, () => Promise.resolve());
    expect(await lease.release()).toEqual({ released: true });
  });

  it('a cut while it waits for many keys is one handshake, and all are granted afterwards', async () => {
    const holder = stage.locker();
    const keys = Array.from({ length: 500 }, (_, i) => `${key}-${String(i)}`);
    const held = await Promise.all(keys.map((one) => holder.acquire(one)));
    const waiting = Promise.all(keys.map((one) => locker.acquire(one, { wait: '30s' })));
    for (const one of keys) await stage.untilQueued(one, 2);
    const handshakes = handshakesOf(proxy);
    proxy.cut();
    await Promise.all(held.map((lease) => lease.release()));
    await Promise.all((await waiting).map((lease) => lease.release()));
    expect(handshakes()).toBe(1);
  }, 60_000);

  it('a first handshake may take longer than one that takes a session up', async () => {
    await stage.locker().using(key, () => Promise.resolve());
    proxy.delay(90);
    const lease = await locker.acquire(key, { wait: '5s' });
    expect(await lease.release()).toEqual({ released: true });
  });

  describe('a server that accepts connections and never answers', () => {
    let silent: Server;
    let port: number;

    beforeEach(async () => {
      silent = createServer(() => undefined);
      await once(silent.listen(0, '127.0.0.1'), 'listening');
      ({ port } = silent.address() as { port: number });
    });
    afterEach(() => void silent.close());

    it('is passed over for another one of the ensemble', async () => {
      for (let i = 0; i < 4; i++) {
        const url = `zookeeper://127.0.0.1:${String(port)},${stage.server.address}?session=${String(SESSION_MS)}ms`;
        const lease = await stage.locker(url).acquire(`${key}-${String(i)}`);
        expect(await lease.release()).toEqual({ released: true });
      }
    });

    it('a port where nobody listens is named, with the reason', async () => {
      silent.close();
      const url = `zookeeper://user:canary@127.0.0.1:${String(port)}`;
      const error: unknown = await stage
        .locker(url)
        .tryAcquire(key)
        .catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'LOCK_BACKEND', transient: true });
      expect(error).toMatchObject({ cause: { message: `connect ECONNREFUSED 127.0.0.1:${String(port)}` } });
      expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('canary');
    });

    it('alone, is unreachable within the time of a call', async () => {
      const alone = stage.locker(`zookeeper://user:canary@127.0.0.1:${String(port)}`);
      const error: unknown = await alone.tryAcquire(key).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'LOCK_BACKEND', transient: true });
      expect((error as Error).message).not.toContain('canary');
    });
  });
});
