import { inspect } from 'node:util';
import { zookeeper, type ZookeeperLockOptions } from '../../../lib/backends/zookeeper/index.js';
import { readUrl } from '../../../lib/backends/zookeeper/zookeeper.url.js';
import { realProcess } from '../core/support/stage.js';

const LOOPBACK = { host: '127.0.0.1', port: 2181 };

describe('URLs of ZooKeeper', () => {
  it.each([
    ['zookeeper://127.0.0.1', { servers: [LOOPBACK], chroot: '' }],
    ['ZOOKEEPER://127.0.0.1:2181/', { servers: [LOOPBACK], chroot: '' }],
    ['zookeeper://127.0.0.1/a/b//', { servers: [LOOPBACK], chroot: '/a/b' }],
    [
      'zookeeper://one:1,two,[fd00::1]:3/shop?session=4s',
      {
        servers: [
          { host: 'one', port: 1 },
          { host: 'two', port: 2181 },
          { host: 'fd00::1', port: 3 },
        ],
        chroot: '/shop',
        session: '4s',
      },
    ],
    ['zookeeper://u%3A:p%40ss@127.0.0.1', { servers: [LOOPBACK], chroot: '', credentials: 'u::p@ss' }],
  ])('%s', (url, target) => {
    expect(readUrl(url)).toEqual(target);
  });

  it.each([
    'zookeeper://canary@one',
    'zookeeper://u:canary@',
    'zookeeper://u:canary@one:99999',
    'zookeeper://u:canary@one,,two',
    'zookeeper://u:canary@one/..',
    'zookeeper://u:canary@one/a//b',
    'zookeeper://u:canary@one/ä',
    'zookeeper://u:canary@one?sesion=4s',
    'zookeeper://u:canary@one#x',
    'zookeeper://u:%canary@one',
    'canary',
  ])('%s is refused, and not repeated', (url) => {
    expect(refusal({ url })).toMatchObject({ code: 'LOCK_OPTIONS', option: 'url' });
    expect(inspect(refusal({ url }), { depth: 9, showHidden: true }).split('\n')[0]).not.toContain('canary');
  });
});

describe('options of ZooKeeper', () => {
  const url = 'zookeeper://127.0.0.1';
  const environment = process.env['NODE_ENV'];
  afterEach(() => {
    process.env['NODE_ENV'] = environment;
  });

  it.each([
    ['url', { url: 1 }],
    ['sesion', { sesion: 4_000 }],
    ['session', { session: '100ms' }],
    ['session', { session: '11m' }],
    ['session', { url: `${url}?session=x` }],
    ['root', { root: 'locks' }],
    ['root', { root: 1 }],
    ['root', { root: '/a b' }],
    ['pathOf', { pathOf: '/a' }],
    ['access', { access: 'all' }],
    ['access', { access: 'creator' }],
    ['containers', { containers: 1 }],
    ['onWarning', { onWarning: true }],
  ])('%s: %j is refused', (option, wrong) => {
    expect(refusal({ url, ...wrong })).toMatchObject({ code: 'LOCK_OPTIONS', option });
  });

  it('a session below two seconds is refused in production', () => {
    expect(refusal({ url, session: '1s' })).toBeUndefined();
    process.env['NODE_ENV'] = 'production';
    expect(refusal({ url, session: '1999ms' })).toMatchObject({ option: 'session' });
    expect(refusal({ url, session: '2s' })).toBeUndefined();
  });

  it.each([
    ['db.example.com,10.0.0.1', ['db.example.com']],
    ['8.8.8.8,[2001:db8::1]', ['8.8.8.8', '2001:db8::1']],
    ['127.0.0.1,10.1.2.3,172.31.0.1,192.168.0.1,[::1],[fd12::1],[fe80::1]', []],
    ['172.32.0.1', ['172.32.0.1']],
    ['localhost,zk-0.zk.default.svc,zookeeper,zk.shop.internal,zk-0.zk.svc.cluster.local', []],
  ])('of %s, warns that nothing is encrypted on the way to %j', (hosts, told) => {
    const warnings: string[] = [];
    zookeeper({ url: `zookeeper://user:canary@${hosts}`, onWarning: (message) => warnings.push(message) });
    expect(warnings).toEqual(told.length === 0 ? [] : [expect.stringContaining(`the way to ${told.join(', ')}:`)]);
    expect(warnings.join()).not.toContain('canary');
  });

  it('the process is warned where nobody else is', async () => {
    const warned = new Promise((resolve) => {
      realProcess().on('warning', function hear(warning: Error) {
        if (warning.name !== 'LockWarning') return;
        realProcess().off('warning', hear);
        resolve(warning);
      });
    });
    zookeeper({ url: 'zookeeper://db.example.com' });
    expect(await warned).toMatchObject({
      code: 'NESTJS_LOCKED_ZOOKEEPER',
      message: expect.stringContaining('no TLS') as string,
    });
  });

  it('a backend shows no credentials to whoever looks at it', () => {
    const backend = zookeeper({ url: 'zookeeper://user:canary@127.0.0.1' });
    expect(inspect(backend, { depth: 9, showHidden: true })).not.toContain('canary');
    expect(JSON.stringify(backend)).not.toContain('canary');
  });
});

function refusal(options: unknown): unknown {
  try {
    zookeeper(options as ZookeeperLockOptions);
    return undefined;
  } catch (error) {
    return error;
  }
}
