import { setTimeout as pause } from 'node:timers/promises';
import type { Locker } from '../../lib/core/index.js';
import { type Engine, SqlStage } from '../backends/sql.stage.js';
import { askUntil } from '../support/ask-until.js';
import type { TcpProxy } from '../support/tcp-proxy.js';

const OPTIONS = { lease: 1_000, wait: 5_000 };
const ROUNDS = 20;

/** F22-F24: the server has done its part, and its answer is lost with the connection. */
describe.each<Engine>(['postgres', 'mariadb'])('%s: replies are lost', (engine) => {
  let stage: SqlStage;
  let proxy: TcpProxy;
  let locker: Locker;

  beforeAll(async () => {
    stage = await SqlStage.start(engine);
    proxy = await stage.proxy();
    locker = stage.locker(proxy.url);
    await locker.using('warm-up', () => undefined);
  }, 120_000);

  afterAll(() => stage.stop());

  /** To the next statement about the key: values travel as they are in both protocols. */
  const loseReplyAbout = (key: string): Promise<Buffer> => proxy.dropNextReply((request) => request.includes(key));

  it.each([5_000, 0])(
    `to acquire, with a wait of %d ms, ${String(ROUNDS)} times: one grant, and its tokens are those that were lost`,
    async (wait) => {
      for (let round = 0; round < ROUNDS; round++) {
        const key = `acquire-${String(wait)}-${String(round)}`;
        // So that the next statement is the one that grants, also where a new key takes several.
        await stage.locker().using(key, () => undefined);
        const lost = loseReplyAbout(key);
        const lease = await locker.acquire(key, { ...OPTIONS, wait });
        await lost;
        lease.assertHeld();
        expect(await stage.tokenOf(key)).toBe(lease.token);
        expect(await lease.release()).toEqual({ released: true });
      }
      expect(await stage.held()).toBe(0);
    },
  );

  it('to acquire, and the link is away until core has given up: nobody has the key soon after', async () => {
    const lost = loseReplyAbout('abandoned').then(() => proxy.refuse());
    const asked = locker.acquire('abandoned', { lease: 60_000, wait: 0 });
    await expect(asked).rejects.toMatchObject({ code: 'LOCK_BACKEND', outcome: 'unknown' });
    await lost;
    // As long as one attempt to take it back lasts.
    await pause(2_000);
    await proxy.heal();
    await askUntil('nobody has it', async () => (await stage.held()) === 0);
    const next = await locker.acquire('abandoned', { ...OPTIONS, wait: 0 });
    expect(await next.release()).toEqual({ released: true });
  });

  it(`to release, ${String(ROUNDS)} times: it was one, and whoever holds the key next keeps it`, async () => {
    const other = stage.locker();
    for (let round = 0; round < ROUNDS; round++) {
      const lease = await locker.acquire('release', OPTIONS);
      const lost = loseReplyAbout('release');
      const next = other.acquire('release', OPTIONS);
      const released = lease.release();
      await lost;
      const held = await next;
      expect(await released).toEqual({ released: true });
      held.assertHeld();
      expect(await stage.tokenOf('release')).toBe(held.token);
      expect(await held.release()).toEqual({ released: true });
    }
    expect(await stage.held()).toBe(0);
  });

  it('to renew: the lease is as good as before', async () => {
    const lease = await locker.acquire('renew', OPTIONS);
    for (let round = 0; round < 3; round++) await loseReplyAbout('renew');
    await pause(OPTIONS.lease / 3);
    lease.assertHeld();
    expect(await stage.tokenOf('renew')).toBe(lease.token);
    expect(await lease.release()).toEqual({ released: true });
  });

  it('to whatever a waiter asks: it has its turn all the same', async () => {
    const lease = await stage.locker().acquire('want', { ...OPTIONS, lease: 10_000 });
    const waiting = locker.acquire('want', OPTIONS);
    for (let asked = 0; asked < 3; asked++) await loseReplyAbout('want');
    await stage.untilAwaited('want');
    await lease.release();
    expect(await (await waiting).release()).toEqual({ released: true });
  });
});
