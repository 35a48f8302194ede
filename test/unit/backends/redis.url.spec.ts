import { clientOf } from '../../../lib/backends/redis/redis.url.js';
import { redis } from '../../../lib/backends/redis/index.js';
import type { Cluster, Redis } from 'ioredis';

/** What a client was made for; nothing is connected, because nobody waits for it. */
function madeFrom(url: string): { client: Redis | Cluster; isCluster: boolean } {
  const { make, isCluster } = clientOf(url);
  const client = make();
  client.on('error', () => undefined);
  client.disconnect();
  return { client, isCluster };
}

function optionsOf(url: string): Record<string, unknown> {
  return { ...madeFrom(url).client.options };
}

describe('the URL of a Redis', () => {
  it.each([
    ['redis://localhost', { host: 'localhost', port: 6379, db: 0 }],
    ['redis://localhost:7000/3', { host: 'localhost', port: 7000, db: 3 }],
    ['redis://user:p%40ss@10.0.0.1:6379', { host: '10.0.0.1', username: 'user', password: 'p@ss' }],
    ['redis://:secret@h', { host: 'h', password: 'secret', username: undefined }],
    ['REDISS://h', { host: 'h', tls: {} }],
    ['redis://[::1]:6380', { host: '::1', port: 6380 }],
    [
      'redis+sentinel://u:p@a,b:26380/shop/2',
      {
        ...{ name: 'shop', db: 2, username: 'u', password: 'p' },
        sentinels: [
          { host: 'a', port: 26379 },
          { host: 'b', port: 26380 },
        ],
      },
    ],
  ])('%s', (url, expected) => {
    const options = optionsOf(url);
    for (const [name, value] of Object.entries(expected))
      expect([name, options[name] ?? undefined]).toEqual([name, value]);
  });

  it('rediss+sentinel:// is encrypted all the way: to the Sentinels, and to the servers that they name', () => {
    const options = optionsOf('rediss+sentinel://u:p@a/shop');
    expect(options).toMatchObject({ tls: {}, sentinelTLS: {}, enableTLSForSentinelMode: true });
    expect(optionsOf('redis+sentinel://u:p@a/shop')).toMatchObject({ enableTLSForSentinelMode: false });
  });

  it('redis+cluster:// makes a cluster with the credentials for every node', () => {
    const { client, isCluster } = madeFrom('rediss+cluster://u:p@a:7000,b:7001');
    expect([isCluster, client.isCluster]).toEqual([true, true]);
    expect((client as Cluster).options.redisOptions).toMatchObject({ username: 'u', password: 'p', tls: {} });
  });

  it.each([
    'redis:',
    'redis://',
    'http://h',
    'redis://a:1,b:2',
    'redis://h:99999',
    'redis://h/x',
    'redis+sentinel://h',
    'redis+cluster://h/1',
    'redis://u:%ZZ@h',
    'redis://canary-secret@@h',
    'redis://u:canary-secret@h h',
  ])('%s is refused, and not repeated in the error', (url) => {
    expect(() => redis({ url })).toThrow(expect.objectContaining({ code: 'LOCK_OPTIONS', option: 'url' }));
    try {
      redis({ url });
    } catch (error) {
      expect(String((error as Error).stack)).not.toContain('canary-secret');
    }
  });
});

describe('options of redis()', () => {
  const url = 'redis://localhost';
  it.each([
    [{}, 'url'],
    [{ url, connection: {} }, 'url'],
    [{ client: {} }, 'client'],
    [{ url, prefix: 1 }, 'prefix'],
    [{ url, keyOf: 'x' }, 'keyOf'],
    [{ url, compat: 'redisson' }, 'compat'],
    [{ url, foreignRetry: '2s' }, 'foreignRetry'],
    [{ url, foreignRetry: '10' }, 'foreignRetry'],
    [{ url, minReplicas: -1 }, 'minReplicas'],
    [{ url: 'redis+cluster://h', minReplicas: 1 }, 'minReplicas'],
    [{ url, strict: 'yes' }, 'strict'],
    [{ url, retryDelay: 1 }, 'retryDelay'],
  ])('%j is refused by name', (options, option) => {
    expect(() => redis(options as never)).toThrow(expect.objectContaining({ code: 'LOCK_OPTIONS', option }));
  });
});
