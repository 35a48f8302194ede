import { redis } from '../../lib/backends/redis/index.js';
import { describeLockBackend } from '../../lib/testing/index.js';
import { leftovers } from '../support/leftovers.js';
import { RedisSentinel } from '../support/redis-sentinel.js';

describe('redis through Sentinel', () => {
  let sentinel: RedisSentinel;

  beforeAll(async () => {
    sentinel = await RedisSentinel.start();
  }, 300_000);
  afterAll(() => sentinel.stop());

  describeLockBackend('redis, through Sentinel, least rights', async () => {
    const master = await sentinel.master();
    await master.administer((admin) => admin.flushall());
    return {
      open: () => redis({ url: sentinel.url }),
      close: () => Promise.resolve(),
      residue: async () => (await leftovers(master)).length,
    };
  });
});
