import { randomUUID } from 'node:crypto';
import { type Locker } from '../../lib/core/index.js';
import { askUntil } from '../support/ask-until.js';
import type { Direction } from '../support/proxy-faults.js';
import type { TcpProxy } from '../support/tcp-proxy.js';
import { asksFor } from '../support/zookeeper-messages.js';
import { ZookeeperStage } from './zookeeper.stage.js';

/** F22-F24: the server has done its part, and its answer is lost with the connection; or it never heard all of it. */
describe('zookeeper: a connection is cut', () => {
  let stage: ZookeeperStage;
  let proxy: TcpProxy;
  let locker: Locker;
  let key: string;

  beforeAll(async () => {
    stage = await ZookeeperStage.start(4_000);
  }, 120_000);
  beforeEach(async () => {
    key = randomUUID();
    proxy = await stage.proxy();
    locker = stage.locker(proxy.url);
    await locker.using('warm-up', () => Promise.resolve());
  });
  afterEach(() => locker.close());
  afterAll(() => stage.stop());

  /**
   * Cuts the connection after so many bytes that pass in one direction since a lock's node was asked for.
   *
   * @returns whether there were so many
   */
  function cutAfter(bytes: number, direction: Direction): () => boolean {
    let isAsked = false;
    let isCut = false;
    let seen = 0;
    proxy.filter((way, chunk) => {
      isAsked ||= way === 'toServer' && asksFor(chunk, 'create', '-lock-');
      if (!isAsked || isCut || way !== direction) return chunk;
      const from = seen;
      seen += chunk.length;
      if (seen <= bytes) return chunk;
      isCut = true;
      setImmediate(() => proxy.cut());
      return bytes > from ? chunk.subarray(0, bytes - from) : undefined;
    });
    return () => isCut;
  }

  it.each(['toClient', 'toServer'] as const)(
    'at every byte of what passes %s while a place is taken: one node, which is held, and nothing of it afterwards',
    async (direction) => {
      let [bytes, isCut] = [0, true];
      for (; isCut; bytes++) {
        const name = `${key}-${direction}-${String(bytes)}`;
        const wasCut = cutAfter(bytes, direction);
        const lease = await locker.acquire(name, { wait: '10s' });
        isCut = wasCut();
        const [own, ...more] = await stage.queue(name);
        expect(more).toEqual([]);
        expect(lease.token).toBe((await stage.admin.czxidOf(own as string)) << 12n);
        expect(await lease.release()).toEqual({ released: true });
        expect(await stage.queue(name)).toEqual([]);
      }
      expect(bytes).toBeGreaterThan(100);
    },
    120_000,
  );

  it('the reply to a release is lost: it was one, and whoever holds the key next keeps it', async () => {
    const lease = await locker.acquire(key);
    const next = stage.locker().acquire(key, { wait: '10s' });
    await stage.untilQueued(key, 2);
    const lost = proxy.dropNextReply((request) => asksFor(request, 'remove'));
    const released = lease.release();
    await lost;
    const held = await next;
    expect(await released).toEqual({ released: true });
    held.assertHeld();
    expect(await stage.queue(key)).toHaveLength(1);
    expect(await held.release()).toEqual({ released: true });
  });

  it('the reply is lost, and the way is closed until the caller has gone: nobody has the key soon after', async () => {
    // Its parent is there.
    await locker.using(key, () => Promise.resolve());
    proxy.refuse();
    const lost = proxy.dropNextReply((request) => asksFor(request, 'create'));
    await expect(locker.acquire(key, { wait: 0 })).rejects.toMatchObject({ code: 'LOCK_BACKEND', outcome: 'unknown' });
    await lost;
    expect(await stage.queue(key)).toHaveLength(1);
    await proxy.heal();
    await askUntil('nobody has it', async () => (await stage.queue(key)).length === 0);
    const next = await locker.acquire(key, { wait: 0 });
    expect(await next.release()).toEqual({ released: true });
  });

  it('what was asked for while there was no connection is not done later, when nobody wants it any more', async () => {
    proxy.refuse();
    proxy.cut();
    await expect(locker.acquire(key, { wait: 0 })).rejects.toMatchObject({ code: 'LOCK_BACKEND' });
    let created = 0;
    await proxy.heal();
    proxy.filter((direction, chunk) => {
      if (direction === 'toServer' && asksFor(chunk, 'create', key)) created++;
      return chunk;
    });
    await locker.using('another', () => Promise.resolve());
    expect(created).toBe(0);
    expect(await stage.queue(key)).toEqual([]);
  });

  it('while a caller leaves the queue: nobody stands there in its place', async () => {
    const lease = await stage.locker().acquire(key);
    const leaving = new AbortController();
    const waiting = locker.acquire(key, { wait: '10s', signal: leaving.signal });
    await stage.untilQueued(key, 2);
    const lost = proxy.dropNextReply((request) => asksFor(request, 'remove'));
    leaving.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'LOCK_ABORTED' });
    await lost;
    await stage.untilQueued(key, 1);
    expect(await lease.release()).toEqual({ released: true });
    expect(await stage.queue(key)).toEqual([]);
  });

  it('while it waits: it keeps its place, and hears of what happened in between', async () => {
    const [first, second, third] = [stage.locker(), locker, stage.locker()];
    const lease = await first.acquire(key);
    const turns: string[] = [];
    const waiting = second.using(key, { wait: '10s' }, () => Promise.resolve(turns.push('second')));
    await stage.untilQueued(key, 2);
    const last = third.using(key, { wait: '10s' }, () => Promise.resolve(turns.push('third')));
    await stage.untilQueued(key, 3);
    proxy.refuse();
    proxy.cut();
    await lease.release();
    await proxy.heal();
    await Promise.all([waiting, last]);
    expect(turns).toEqual(['second', 'third']);
    expect(await stage.queue(key)).toEqual([]);
  });
});
