import { Cluster } from 'ioredis';
import type { HalfMoved } from './move-slot.js';
import { RedisCluster } from './redis-cluster.js';
import { LOCKER, type RedisServer } from './redis-server.js';
import { withRedis } from './with-redis.js';

describe('RedisCluster', () => {
  let cluster: RedisCluster;
  let client: Cluster;

  beforeAll(async () => {
    cluster = await RedisCluster.start();
    const nodes = cluster.nodes.map(({ host, port }) => ({ host, port }));
    client = new Cluster(nodes, { redisOptions: { ...LOCKER } });
  }, 300_000);

  afterAll(async () => {
    await client.quit();
    await cluster.stop();
  });

  /** Keys of locks in one slot, that slot, its master and another one. */
  async function scene(tag: string): Promise<{ keys: string[]; slot: number; from: RedisServer; to: RedisServer }> {
    const keys = [1, 2, 3].map((n) => `lock:{${tag}}:${n}`);
    const slot = await cluster.slotOf(keys[0]!);
    const from = await cluster.ownerOf(slot);
    for (const key of keys) await client.set(key, `value of ${key}`, 'PX', 60_000);
    return { keys, slot, from, to: cluster.nodes.find((node) => node !== from)! };
  }

  /** What a node answers to the locker himself, redirections included. */
  async function askAt(node: RedisServer, ...command: [string, ...string[]]): Promise<string> {
    try {
      return String(await withRedis(node.url, (redis) => redis.call(...command)));
    } catch (error) {
      return (error as Error).message;
    }
  }

  it('serves each slot at one of three masters, to the locker with the least rights', async () => {
    const tags = ['a', 'b', 'c', 'd', 'e', 'f'];
    const owners = await Promise.all(tags.map(async (tag) => (await scene(tag)).from));
    expect(new Set(owners)).toEqual(new Set(cluster.nodes));
    for (const node of cluster.nodes) expect(await askAt(node, 'CLUSTER', 'NODES')).toMatch('NOPERM');
  });

  it('names all masters and the locker in its URL', () => {
    const hosts = cluster.nodes.map(({ port }) => `127.0.0.1:${port}`).join(',');
    expect(cluster.url).toBe(`redis+cluster://${LOCKER.username}:${LOCKER.password}@${hosts}`);
  });

  it('moves a slot with its keys, to be looked at half way', async () => {
    const { keys, slot, from, to } = await scene('moved');
    const [first, , third] = keys as [string, string, string];
    const seen: (HalfMoved | string)[] = [];
    await cluster.moveSlot(slot, from, to, async (half) => {
      const touch = ['EVAL', `return redis.call('EXISTS', KEYS[1])`, '2', first, third] as const;
      seen.push(half, await askAt(from, 'GET', third), await askAt(from, 'GET', first));
      seen.push(await askAt(to, 'GET', first), await askAt(from, ...touch));
    });
    expect(seen).toEqual([
      { moved: keys.slice(0, 2), left: [third] },
      `value of ${third}`,
      `ASK ${slot} ${to.host}:${to.port}`,
      `MOVED ${slot} ${from.host}:${from.port}`,
      expect.stringContaining('TRYAGAIN'),
    ]);
    expect(await cluster.ownerOf(slot)).toBe(to);
    for (const node of cluster.nodes.filter((other) => other !== to)) {
      expect(await askAt(node, 'GET', first)).toBe(`MOVED ${slot} ${to.host}:${to.port}`);
    }
    for (const key of keys) {
      expect(await askAt(to, 'GET', key)).toBe(`value of ${key}`);
      expect(Number(await askAt(to, 'PTTL', key))).toBeGreaterThan(0);
    }
  });

  it('takes along what is written half way, by a client that follows redirections', async () => {
    const { slot, from, to } = await scene('written');
    await cluster.moveSlot(slot, from, to, async () => {
      await client.set('lock:{written}:new', 'of half way');
    });
    expect(await askAt(to, 'GET', 'lock:{written}:new')).toBe('of half way');
  });

  it('ends a move whose half-way look fails, and says so', async () => {
    const { keys, slot, from, to } = await scene('failed');
    const look = cluster.moveSlot(slot, from, to, () => Promise.reject(new Error('not as expected')));
    await expect(look).rejects.toThrow('not as expected');
    expect(await askAt(to, 'GET', keys[2]!)).toBe(`value of ${keys[2]!}`);
  });

  it('serves again after the kill of a master, with its slots and keys', async () => {
    const { keys, from } = await scene('killed');
    await from.kill();
    await from.restart('kept');
    await cluster.untilServing();
    expect(await client.get(keys[0]!)).toBe(`value of ${keys[0]!}`);
  });
});
