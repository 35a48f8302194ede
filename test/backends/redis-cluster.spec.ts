import { redis } from '../../lib/backends/redis/index.js';
import { describeLockBackend } from '../../lib/testing/index.js';
import { RedisCluster } from '../support/redis-cluster.js';
import { leftovers } from '../support/leftovers.js';

describe('redis on a cluster', () => {
  let cluster: RedisCluster;

  beforeAll(async () => {
    cluster = await RedisCluster.start();
  }, 300_000);
  afterAll(() => cluster.stop());

  describeLockBackend('redis, three masters, least rights', async () => {
    await Promise.all(cluster.nodes.map((node) => node.administer((admin) => admin.flushall())));
    return {
      // A lone } has no fixed place in a cluster and is refused there.
      open: () => redis({ url: cluster.url, keyOf: (key) => `lock:${encodeURIComponent(key)}` }),
      close: () => Promise.resolve(),
      residue: async () => (await Promise.all(cluster.nodes.map(leftovers))).flat().length,
    };
  });
});
