import { Redis } from 'ioredis';
import { redisQuorum, type RedisQuorumOptions } from '../../lib/backends/redis/index.js';
import { isBusy } from '../../lib/core/backend.js';
import { LockOptionsError } from '../../lib/core/errors.js';
import { askUntil } from '../support/ask-until.js';
import { QuorumStage } from '../support/quorum-stage.js';

const server = (port: number) => ({ url: `redis://user:canary@127.0.0.1:${String(port)}` });
const THREE = [server(1), server(2), server(3)];

describe('redisQuorum', () => {
  it.each<[what: string, targets: unknown, options: unknown, option: string]>([
    ['no list', {}, {}, 'targets'],
    ['two servers', [server(1), server(2)], {}, 'targets'],
    ['a server that is named twice', [server(1), server(2), server(1)], {}, 'targets'],
    ['a server without an address', [server(1), server(2), {}], {}, 'url'],
    ['options of one server', [server(1), server(2), { ...server(3), foreignRetry: 5 }], {}, 'foreignRetry'],
    ['an unknown option', THREE, { prefx: 'a' }, 'prefx'],
    ['a prefix that is no string', THREE, { prefix: 5 }, 'prefix'],
    ['names that are no function', THREE, { keyOf: 'a' }, 'keyOf'],
    ['warnings to nobody', THREE, { onWarning: true }, 'onWarning'],
  ])('refuses %s', (_what, targets, options, option) => {
    const make = (): unknown => redisQuorum(targets as typeof THREE, options as RedisQuorumOptions);
    expect(make).toThrow(LockOptionsError);
    expect(make).toThrow(expect.objectContaining({ option }));
    expect(make).not.toThrow('canary');
  });

  it('warns of an even number of servers', () => {
    const warnings: string[] = [];
    redisQuorum([...THREE, server(4)], { onWarning: (message) => warnings.push(message) });
    expect(warnings).toEqual([expect.stringContaining('4 Redis servers')]);
  });

  it('warns of a server that may evict locks, and says which one it is', async () => {
    const stage = await QuorumStage.open();
    const warnings: string[] = [];
    const quorum = redisQuorum(
      stage.servers.map(({ url }) => ({ url })),
      { onWarning: (message) => warnings.push(message) },
    );
    try {
      const [, second] = stage.servers;
      await second?.administer((redis) => redis.config('SET', 'maxmemory-policy', 'allkeys-lru'));
      await second?.administer((redis) => redis.config('SET', 'maxmemory', '100mb'));
      await quorum.ping();
      await askUntil('the warning', () => Promise.resolve(warnings.length > 0));
      await quorum.ping();
      expect(warnings).toEqual([expect.stringMatching(/^node 2 \(127\.0\.0\.1:\d+\): .*allkeys-lru/)]);
    } finally {
      await quorum.close?.();
      await stage.close();
    }
  });

  it("uses the user's own clients under the names that it is given, and leaves them open and as they were", async () => {
    const stage = await QuorumStage.open();
    const clients = stage.servers.map(({ url }) => new Redis(url));
    try {
      const listeners = () => clients.map((client) => client.eventNames().map((name) => client.listenerCount(name)));
      await Promise.all(clients.map((client) => client.ping()));
      const before = listeners();
      const quorum = redisQuorum(
        clients.map((client) => ({ client })),
        { keyOf: (key) => `lock:mine:${key}` },
      );
      expect(isBusy(await stage.ask(quorum, { key: 'k' }))).toBe(false);
      expect(await clients[0]?.get('lock:mine:k')).toMatch(/^\d+\.5\./);
      await quorum.close?.();
      expect(listeners()).toEqual(before);
      expect(await clients[0]?.get('lock:mine:k')).toMatch(/^\d+\.5\./);
    } finally {
      for (const client of clients) client.disconnect();
      await stage.close();
    }
  });
});
