import { Redis, type RedisOptions } from 'ioredis';
import { RedisStage } from './redis.stage.js';

const OPTIONS = { lease: 10_000, wait: 20_000, handOver: false } as const;

/** Hears by another way than it speaks. */
class SplitClient extends Redis {
  hearsAt = '';

  override duplicate(override?: Partial<RedisOptions>): Redis {
    return super.duplicate({ ...override, port: Number(new URL(this.hearsAt).port) });
  }
}

/** A grant that was given back before its message arrived is not granted again by the message. */
describe('redis: the message of a grant is late', () => {
  let stage: RedisStage;

  beforeEach(async () => {
    stage = await RedisStage.start();
  }, 120_000);

  afterEach(() => stage.stop());

  it('its waiter gave up, the same line queues again: only a later grant is one', async () => {
    const proxy = await stage.proxy();
    const client = new SplitClient(stage.server.url);
    client.hearsAt = proxy.url;
    const [holder, late, next] = [stage.locker(), stage.locker({ client }), stage.locker()];
    const held = await holder.acquire('order', OPTIONS);
    const leaving = new AbortController();
    const first = late.acquire('order', { ...OPTIONS, signal: leaving.signal });
    await stage.untilQueued('order', 1);
    const following = next.acquire('order', OPTIONS);
    await stage.untilQueued('order', 2);

    proxy.blackhole('toClient');
    await held.release();
    const stale = await stage.tokenOf('order');
    expect(stale).toBeGreaterThan(held.token);
    leaving.abort();
    // Before the place is left: it is the same line, and has the same name in Redis.
    const again = late.acquire('order', OPTIONS);
    await expect(first).rejects.toMatchObject({ code: 'LOCK_ABORTED' });
    const followed = await following;
    await stage.untilQueued('order', 1);
    // The old message is heard before the one about this release.
    await proxy.heal();
    await followed.release();
    const served = await again;

    expect(served.token).toBeGreaterThan(followed.token);
    served.assertHeld();
    expect(await stage.tokenOf('order')).toBe(served.token);
    await served.release();
    client.disconnect();
  });
});
