import { redisQuorum } from '../../lib/backends/redis/index.js';
import { describeLockBackend } from '../../lib/testing/index.js';
import { type RedisServer, startRedis } from '../support/redis-server.js';

describeLockBackend('redis quorum', async () => {
  const servers = await Promise.all([startRedis(), startRedis(), startRedis()]);
  return {
    // Two rounds with three servers have half of it.
    leaseMs: 500,
    open: () => redisQuorum(servers.map(({ url }) => ({ url }))),
    close: async () => {
      await Promise.all(servers.map((server) => server.stop()));
    },
    residue: async () => (await Promise.all(servers.map(leftOn))).reduce((a, b) => a + b),
  };
});

function leftOn(server: RedisServer): Promise<number> {
  return server.administer(async (redis) => {
    const keys = await redis.keys('*');
    return keys.filter((key) => !key.startsWith('nestjs-locked:floor')).length;
  });
}
