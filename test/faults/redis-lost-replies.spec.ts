import { setTimeout as pause } from 'node:timers/promises';
import type { Lease, Locker } from '../../lib/core/index.js';
import { askUntil } from '../support/ask-until.js';
import type { TcpProxy } from '../support/tcp-proxy.js';
import { RedisStage } from './redis.stage.js';

const OPTIONS = { lease: 1_000, wait: 5_000 };

/** F22-F24: the server has done its part, and its answer is lost with the connection. */
describe('redis: replies are lost', () => {
  let stage: RedisStage;
  let proxy: TcpProxy;
  let locker: Locker;

  beforeEach(async () => {
    stage = await RedisStage.start();
    proxy = await stage.proxy();
    locker = stage.locker(proxy.url);
    await locker.using('warm-up', () => undefined);
  }, 120_000);

  afterEach(() => stage.stop());

  /** To the next operation of this name: no key, channel or owner contains one. */
  const loseReplyTo = (operation: string): Promise<Buffer> =>
    proxy.dropNextReply((request) => request.includes(operation));

  it.each([5_000, 0])(
    'to acquire, with a wait of %d ms: one grant, and its tokens are those that were lost',
    async (wait) => {
      const lost = loseReplyTo('acquire');
      const lease = await locker.acquire('order', { ...OPTIONS, wait });
      expect(String(await lost)).toContain(`${lease.token}.`);
      lease.assertHeld();
      expect(await stage.tokenOf('order')).toBe(lease.token);
      expect(await lease.release()).toEqual({ released: true });
      expect(await stage.leftovers()).toEqual([]);
    },
  );

  it('to acquire, and the link is away until core has given up: nobody has the key soon after', async () => {
    const lost = loseReplyTo('acquire').then(() => proxy.refuse());
    const asked = locker.acquire('order', { lease: 60_000, wait: 0 });
    await expect(asked).rejects.toMatchObject({ code: 'LOCK_BACKEND', outcome: 'unknown' });
    await lost;
    // As long as one attempt to take it back lasts.
    await pause(2_000);
    expect(await stage.admin.exists('lock:order')).toBe(1);
    await proxy.heal();
    await askUntil('nobody has it', async () => (await stage.admin.exists('lock:order')) === 0);
    const next = await locker.acquire('order', { ...OPTIONS, wait: 0 });
    expect(await next.release()).toEqual({ released: true });
  });

  it('to release: it was one, and whoever holds the key next keeps it', async () => {
    const lease = await locker.acquire('order', OPTIONS);
    const lost = loseReplyTo('release');
    const next = stage.locker().acquire('order', OPTIONS);
    await stage.untilQueued('order', 1);
    const released = lease.release();
    await lost;
    const held = await next;
    expect(await released).toEqual({ released: true });
    held.assertHeld();
    expect(await stage.tokenOf('order')).toBe(held.token);
    expect(await held.release()).toEqual({ released: true });
  });

  it('to release, after work: the work was done while the lease held', async () => {
    const lost = loseReplyTo('release');
    await expect(locker.using('order', OPTIONS, () => 'done')).resolves.toBe('done');
    await lost;
    expect(await stage.leftovers()).toEqual([]);
  });

  it('to release and the queueing again that travels with it: a grant each, in turn', async () => {
    const other = stage.locker();
    const turns: string[] = [];
    const turn = (who: Locker, name: string): Promise<unknown> =>
      who.using('order', { ...OPTIONS, handOver: false }, (lease: Lease) => {
        lease.assertHeld();
        turns.push(name);
      });
    const first = await locker.acquire('order', OPTIONS);
    const all = [turn(other, 'theirs')];
    await stage.untilQueued('order', 1);
    all.push(turn(locker, 'ours'), turn(locker, 'ours'));
    const lost = loseReplyTo('release');
    const released = first.release();
    await lost;
    expect(await released).toEqual({ released: true });
    await Promise.all(all);
    expect(turns).toEqual(['theirs', 'ours', 'ours']);
    expect(await stage.leftovers()).toEqual([]);
  });

  it('to leave: nobody stands in the queue in its place', async () => {
    const lease = await stage.locker().acquire('order', OPTIONS);
    const leaving = new AbortController();
    const waiting = locker.acquire('order', { ...OPTIONS, signal: leaving.signal });
    await stage.untilQueued('order', 1);
    const lost = loseReplyTo('leave');
    leaving.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'LOCK_ABORTED' });
    await lost;
    await lease.release();
    expect(await stage.leftovers()).toEqual([]);
  });

  it('to renew: the lease is as good as before', async () => {
    const lease = await locker.acquire('order', OPTIONS);
    await loseReplyTo('renew');
    const { token } = lease;
    await loseReplyTo('renew');
    lease.assertHeld();
    expect(await stage.tokenOf('order')).toBe(token);
    expect(await lease.release()).toEqual({ released: true });
  });
});
