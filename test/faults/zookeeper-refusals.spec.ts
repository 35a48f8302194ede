import { randomUUID } from 'node:crypto';
import { isBusy } from '../../lib/core/backend.js';
import type { Locker } from '../../lib/core/index.js';
import { askUntil } from '../support/ask-until.js';
import { lost } from '../support/lost.js';
import type { TcpProxy } from '../support/tcp-proxy.js';
import { answerWith, asksFor, refusing } from '../support/zookeeper-messages.js';
import { ZookeeperStage } from './zookeeper.stage.js';

const SESSION_MS = 2_000;
const SYSTEM_ERROR = -1;
const NEW_CONFIG_NO_QUORUM = -13;
const NO_NODE = -101;
const SESSION_EXPIRED = -112;
const SESSION_MOVED = -118;
const EPHEMERAL_ON_LOCAL_SESSION = -120;
const REQUEST_TIMEOUT = -122;
const THROTTLED = -127;
const UNHEARD_OF = -999;

describe('zookeeper: answers with an error', () => {
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

  it.each([SESSION_MOVED, EPHEMERAL_ON_LOCAL_SESSION, REQUEST_TIMEOUT, NEW_CONFIG_NO_QUORUM, THROTTLED, UNHEARD_OF])(
    '%i, which the client does not know, is an error like any other',
    async (code) => {
      const lease = await locker.acquire(`${key}-other`);
      answerWith(proxy, 'create', code, { times: code === SESSION_MOVED ? 1 : Infinity });
      const { outcome } = await locker.tryAcquire(key).then(
        () => ({ outcome: 'granted' }),
        (error: unknown) => ({ outcome: (error as { code: string }).code }),
      );
      await proxy.heal();
      // One that moved goes on over another connection.
      expect(outcome).toBe(code === SESSION_MOVED ? 'granted' : 'LOCK_BACKEND');
      expect(await lease.release()).toEqual({ released: true });
      await askUntil('nothing is left', async () => (await stage.queue(key)).length <= (outcome === 'granted' ? 1 : 0));
    },
  );

  it.each(['getChildren', 'setData', 'remove'] as const)(
    'to %s, with one that the client does not know, ends nothing but that',
    async (operation) => {
      const other = await locker.acquire(`${key}-other`);
      const asked = answerWith(proxy, operation, UNHEARD_OF, { times: 1, isDone: false });
      await locker.using(key, () => Promise.resolve()).catch(() => undefined);
      await askUntil('it was refused', () => Promise.resolve(asked() > 0));
      await askUntil('nothing is left', async () => (await stage.queue(key)).length === 0);
      other.assertHeld();
      expect(await other.release()).toEqual({ released: true });
    },
  );

  it.each([THROTTLED, REQUEST_TIMEOUT, SYSTEM_ERROR])(
    'a deletion that is refused with %i for the moment is repeated until it is done',
    async (code) => {
      const lease = await locker.acquire(key);
      const asked = answerWith(proxy, 'remove', code, { times: 3, isDone: false });
      expect(await lease.release()).toEqual({ released: true });
      expect(asked()).toBe(3);
      expect(await stage.queue(key)).toEqual([]);
    },
  );

  it('a heartbeat that is refused on a new connection does not end the deletion that waits for one', async () => {
    const lease = await locker.acquire(key);
    const lostReply = proxy.dropNextReply((request) => asksFor(request, 'remove'));
    const asked = answerWith(proxy, 'setData', THROTTLED, { times: 1, isDone: false });
    const released = lease.release();
    await lostReply;
    expect(await released).toEqual({ released: true });
    expect(asked()).toBe(1);
  });

  it('a refusal that a follower can make up itself is no sign of life', async () => {
    const lease = await locker.acquire(key);
    answerWith(proxy, 'setData', THROTTLED, { isDone: false });
    expect(await lost(lease)).toMatchObject({ code: 'LOCK_LOST' });
  });

  it('that the session has expired ends it: who asked goes on in the next one', async () => {
    const other = await locker.acquire(`${key}-other`);
    answerWith(proxy, 'create', SESSION_EXPIRED, { times: 1, isDone: false });
    const lease = await locker.acquire(key, { wait: '10s' });
    expect(other.signal.aborted).toBe(true);
    expect(await stage.queue(key)).toHaveLength(1);
    expect(await lease.release()).toEqual({ released: true });
  });

  it('the node of a key that vanishes as soon as it is made is made again, so many times', async () => {
    await locker.using(`${key}-other`, () => Promise.resolve());
    const asked = answerWith(proxy, 'create', NO_NODE, { about: '-lock-', times: 5, isDone: false });
    const lease = await locker.acquire(key);
    expect(asked()).toBe(5);
    expect(await stage.queue(key)).toHaveLength(1);
    await lease.release();
    answerWith(proxy, 'create', NO_NODE, { about: '-lock-', isDone: false });
    await expect(locker.tryAcquire(`${key}-2`)).rejects.toMatchObject({ code: 'LOCK_BACKEND', outcome: 'not-applied' });
  });

  describe('who lacks a right', () => {
    it('to read a queue leaves no node in it', async () => {
      await locker.using(key, () => Promise.resolve());
      await stage.admin.make(`/locks/${key}`);
      await stage.admin.allow(`/locks/${key}`, 'cda');
      for (let i = 0; i < 2; i++)
        await expect(locker.tryAcquire(key)).rejects.toMatchObject({ code: 'LOCK_BACKEND', transient: false });
      await askUntil('nothing is left', async () => (await stage.admin.childCount(`/locks/${key}`)) === 0);
    });

    it('to delete is told, and its node goes as soon as it has the right again', async () => {
      const { signal } = new AbortController();
      const owner = { owner: randomUUID(), leaseMs: 10_000, turns: 1, mode: 'exclusive' as const };
      const hold = await stage.open(proxy.url).acquire({ ...owner, key, signal, mayWait: false });
      if (isBusy(hold)) throw new Error('nobody else is there');
      await stage.admin.allow(`/locks/${key}`, 'rwca');
      await expect(hold.release({ used: 1 })).rejects.toMatchObject({
        code: 'LOCK_BACKEND',
        message: expect.stringContaining('refuses this user what locks need'),
        cause: { message: 'ZooKeeper answered with error noAuth (-102).' },
      });
      expect(await stage.queue(key)).toHaveLength(1);
      await stage.admin.allow(`/locks/${key}`, 'rwcda');
      await askUntil('it is gone', async () => (await stage.queue(key)).length === 0);
    });
  });

  it('a node whose deletion was refused for the moment is not taken for the next request of its owner', async () => {
    const asked = { ...{ key, owner: randomUUID(), leaseMs: 10_000, turns: 1 }, mode: 'exclusive' as const };
    const { signal } = new AbortController();
    const backend = stage.open(proxy.url);
    const holder = await stage.locker().acquire(key);
    const refusal = refusing('remove', THROTTLED, { times: 6, isDone: false });
    proxy.filter(refusal.filter);
    expect(isBusy(await backend.acquire({ ...asked, signal, mayWait: false }))).toBe(true);
    const [, old] = await stage.queue(key);
    const cut = new Promise<void>((resolve) => {
      proxy.filter((direction, chunk) => {
        if (direction === 'toClient' || !asksFor(chunk, 'create', '-lock-')) return refusal.filter(direction, chunk);
        proxy.filter(refusal.filter);
        setImmediate(() => {
          proxy.cut();
          resolve();
        });
        return undefined;
      });
    });
    const waiting = backend.acquire({ ...asked, signal, mayWait: true });
    await cut;
    await holder.release();
    expect(isBusy(await waiting)).toBe(false);
    await askUntil('the deletion was done', async () => !(await stage.queue(key)).includes(old as string));
    expect(await stage.queue(key)).toHaveLength(1);
  });
});
