import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { type AcquireRequest, isBusy } from '../../lib/core/backend.js';
import { Locker } from '../../lib/core/index.js';
import { askUntil } from '../support/ask-until.js';
import { lost } from '../support/lost.js';
import { withSchedulerDelay } from '../support/scheduler-delay.js';
import type { TcpProxy } from '../support/tcp-proxy.js';
import { answerTo, asksFor, countOf, handshakesOf, messagesOf, welcomeWith } from '../support/zookeeper-messages.js';
import { ZookeeperStage } from './zookeeper.stage.js';

const SESSION_MS = 3_000;
/** Of the server. */
const TICK_MS = 200;
const ATTEMPTS = 5;
const SESSION_EXPIRED = -112;

function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

describe('zookeeper: what proves that a session lives', () => {
  let stage: ZookeeperStage;
  let proxy: TcpProxy;
  let key: string;

  const request = (over: Partial<AcquireRequest> = {}): AcquireRequest => ({
    ...{ key, owner: randomUUID(), leaseMs: 10_000, turns: 1, mode: 'exclusive', mayWait: false },
    signal: new AbortController().signal,
    ...over,
  });

  beforeAll(async () => {
    stage = await ZookeeperStage.start(SESSION_MS);
  }, 120_000);
  beforeEach(async () => {
    key = randomUUID();
    proxy = await stage.proxy();
  });
  afterAll(() => stage.stop());

  it('a lease that was lost although its session lives on is given back: others get the key', async () => {
    const locker = stage.locker(proxy.url);
    for (let attempt = 1; ; attempt++) {
      const lease = await locker.acquire(key, { wait: '20s' });
      const handshakes = handshakesOf(proxy);
      // Longer than it may be relied on, and shorter than the session.
      block(lease.remainingMs + SESSION_MS / 30);
      expect(await lost(lease)).toMatchObject({ code: 'LOCK_LOST' });
      const next = await stage.locker().acquire(key, { wait: '20s' });
      expect(next.token).toBeGreaterThan(lease.token);
      expect(await next.release()).toEqual({ released: true });
      // On a busy machine the session may have ended after all, which says nothing about one that lives.
      if (handshakes() === 0 || attempt === ATTEMPTS) {
        expect(handshakes()).toBe(0);
        return;
      }
    }
  }, 120_000);

  it('a ping is a write that was sent after the question: one that is under way answers an older one', async () => {
    const backend = stage.open(proxy.url);
    await backend.acquire(request());
    await backend.ping();
    const asked = countOf(proxy, 'setData');
    proxy.blackhole('toClient');
    const older = backend.ping();
    await askUntil('it is under way', () => Promise.resolve(asked() > 0));
    const newer = backend.ping();
    const healed = proxy.heal();
    const askedAfterwards = countOf(proxy, 'setData');
    await Promise.all([healed, older, newer]);
    expect(askedAfterwards()).toBeGreaterThan(0);
  });

  it('a server that shortens a session when it takes it up is taken at its word, and that is told', async () => {
    const warnings: string[] = [];
    const backend = stage.open({ url: proxy.url, onWarning: (warning) => warnings.push(warning) });
    const lease = await new Locker(backend).acquire(key);
    const shorter = SESSION_MS / 3;
    welcomeWith(proxy, shorter);
    proxy.cut();
    await askUntil('it is held again', () => Promise.resolve(warnings.length > 0 && lease.state === 'held'));
    expect(warnings).toEqual([expect.stringContaining(`a session of ${shorter} ms instead of ${SESSION_MS} ms`)]);
    expect(lease.remainingMs).toBeLessThanOrEqual((shorter * 2) / 3);
    const { result, delayMs } = await withSchedulerDelay(async () => {
      const since = performance.now();
      proxy.blackhole('both');
      await lost(lease);
      return performance.now() - since;
    });
    expect(result).toBeLessThan((shorter * 2) / 3 + delayMs);
  });

  it('a node that an ended session of ours has made is not taken for one of this session', async () => {
    const asked = request();
    const backend = stage.open(proxy.url);
    await stage.locker().using(key, () => Promise.resolve());
    proxy.filter((direction, chunk) => {
      if (direction === 'toClient' || !asksFor(chunk, 'create', '-lock-')) return chunk;
      setImmediate(() => {
        proxy.filter((_direction, later) => later);
        proxy.cut();
      });
      return undefined;
    });
    const foreign = await stage.admin.stand(`/locks/${key}/_c_${asked.owner}-lock-`);
    const hold = await backend.acquire(asked);
    expect(isBusy(hold)).toBe(false);
    const [own, ...more] = await stage.queue(key);
    expect(own).not.toBe(foreign);
    expect(more).toEqual([]);
  });

  it('a session that cannot be ended at the servers is left to them, and not kept alive by the attempts', async () => {
    const lease = await stage.locker(proxy.url).acquire(key);
    const [own] = await stage.queue(key);
    proxy.blackhole('toClient');
    await lost(lease);
    // As long as the session may be relied on.
    await pause(SESSION_MS / 10);
    await proxy.heal();
    let attempts = 0;
    proxy.filter((direction, chunk) => {
      if (direction === 'toClient' || !asksFor(chunk, 'closeSession')) return chunk;
      attempts++;
      return undefined;
    });
    const { result, delayMs } = await withSchedulerDelay(async () => {
      const since = performance.now();
      await askUntil('its node is gone', async () => !(await stage.queue(key)).includes(own as string));
      return performance.now() - since;
    });
    expect(attempts).toBeGreaterThan(0);
    expect(result).toBeLessThan(SESSION_MS * (1 / 3 + 1) + 2 * TICK_MS + 5 * delayMs);
  }, 30_000);

  it('a session that ends in the same breath as a grant grants nothing: the next one does', async () => {
    const backend = stage.open(proxy.url);
    await backend.ping();
    await stage.locker().using(key, () => Promise.resolve());
    const heartbeat = await new Promise<number>((resolve) => {
      proxy.filter((direction, chunk) => {
        if (direction === 'toClient' || !asksFor(chunk, 'setData')) return chunk;
        resolve(chunk.readInt32BE(4));
        return undefined;
      });
    });
    let isAsked = false;
    let askedAgain = 0;
    const answers: Buffer[] = [];
    proxy.filter((direction, chunk) => {
      isAsked ||= direction === 'toServer' && asksFor(chunk, 'create', '-lock-');
      if (direction === 'toServer' || !isAsked) return chunk;
      answers.push(...messagesOf(chunk));
      // Of the node and the list.
      if (answers.length < 2) return undefined;
      proxy.filter((way, later) => {
        if (way === 'toServer' && asksFor(later, 'create', '-lock-')) askedAgain++;
        return later;
      });
      return Buffer.concat([...answers, answerTo(heartbeat, { error: SESSION_EXPIRED })]);
    });
    const hold = await backend.acquire(request({ mayWait: true }));
    expect([answers.length, askedAgain]).toEqual([2, 1]);
    if (isBusy(hold)) throw new Error('nobody else is there');
    expect(hold.isLost).toBe(false);
    await stage.untilQueued(key, 1);
    const [own] = await stage.queue(key);
    expect(hold.first).toBe((await stage.admin.czxidOf(own as string)) << 12n);
  });

  it('what is told to all holders is told in no request’s async context', async () => {
    const requests = new AsyncLocalStorage<string>();
    const backend = stage.open(proxy.url);
    await requests.run('the first', () => backend.ping());
    const hold = await backend.acquire(request());
    if (isBusy(hold)) throw new Error('nobody else is there');
    const told = new Promise((resolve) => {
      hold.watch?.({ suspected: () => resolve([requests.getStore()]), ended: () => undefined });
    });
    proxy.cut();
    expect(await told).toEqual([undefined]);
  });

  it('a listener for warnings that throws does not leave the session without a heartbeat', async () => {
    welcomeWith(proxy, SESSION_MS / 2);
    const onWarning = (): void => {
      throw new Error('a bug of the listener');
    };
    const backend = stage.open({ url: proxy.url, onWarning });
    await expect(backend.acquire(request())).rejects.toMatchObject({ cause: { message: 'a bug of the listener' } });
    const beats = countOf(proxy, 'setData');
    await askUntil('it beats', () => Promise.resolve(beats() > 2));
    expect(isBusy(await backend.acquire(request()))).toBe(false);
  });
});
