import type { Contender } from '../support/contender.js';
import { RedisStage } from './redis.stage.js';

const ROUNDS = 50;
const OPTIONS = { lease: 150, wait: 10_000 };

/** A grant that lay in the socket of a stopped process is not worth the moment it is read. */
describe('redis: SIGSTOP of a waiter to whom the key is then granted', () => {
  let stage: RedisStage;
  let contenders: [Contender, Contender, Contender];

  beforeAll(async () => {
    stage = await RedisStage.start();
    contenders = await Promise.all([stage.contender(), stage.contender(), stage.contender()]);
  }, 120_000);

  afterAll(() => stage.stop());

  it(`never runs on it once it has gone on to the next, ${String(ROUNDS)} times`, async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const [holder, head, next] = contenders;
      await holder.acquire('order', { ...OPTIONS, lease: 5_000 });
      const awaited = head.acquire('order', OPTIONS);
      await stage.untilQueued('order', 1);
      const following = next.acquire('order', OPTIONS);
      await stage.untilQueued('order', 2);
      head.signal('SIGSTOP');
      await holder.release();
      const stale = await stage.tokenOf('order');
      const followed = await following;
      head.signal('SIGCONT');
      // It has read what lay in its socket when it asks for the key again, or believes to have it.
      const first = await Promise.race([awaited, stage.untilQueued('order', 1)]);
      const releasedAt = process.hrtime.bigint();
      await next.release();
      const served = await awaited;
      await head.release();

      expect(BigInt(followed.token)).toBeGreaterThan(stale);
      expect(first).toBeUndefined();
      expect(BigInt(served.token)).toBeGreaterThan(BigInt(followed.token));
      expect(BigInt(served.at)).toBeGreaterThan(releasedAt);
    }
  }, 120_000);
});
