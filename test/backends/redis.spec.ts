import { redis } from '../../lib/backends/redis/index.js';
import { describeLockBackend } from '../../lib/testing/index.js';
import { startRedis } from '../support/redis-server.js';

describeLockBackend('redis, under a user with the least rights', async () => {
  const server = await startRedis();
  return {
    open: () => redis({ url: server.url }),
    close: () => server.stop(),
    residue: () =>
      server.administer(async (admin) => (await admin.keys('*')).filter((key) => !key.includes(':floor')).length),
  };
});
