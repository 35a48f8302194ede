import { randomUUID } from 'node:crypto';
import { zookeeper } from '../../lib/backends/zookeeper/index.js';
import type { LockBackend } from '../../lib/core/backend.js';
import { type BackendFixture, describeLockBackend } from '../../lib/testing/index.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { ZookeeperEnsemble } from '../support/zookeeper-ensemble.js';
import { TICK_MS } from '../support/zookeeper-kind.js';
import { ZookeeperServer } from '../support/zookeeper-server.js';

const SESSION_MS = 1_500;

/** Each client reaches a server of its own, as far as there are so many. */
async function fixtureOn(servers: readonly ZookeeperServer[]): Promise<BackendFixture> {
  const proxies = new Map<LockBackend, TcpProxy>();
  const all = await Promise.all([...servers, ...servers].slice(0, 2).map(({ url }) => TcpProxy.start(url)));
  const free = [...all];
  const chroot = randomUUID();
  return {
    // Sessions end with a tick of the server.
    leaseMs: SESSION_MS + 2 * TICK_MS,
    ownNumbers: true,
    open: () => {
      const proxy = free.shift() as TcpProxy;
      const client = zookeeper({ url: `${proxy.url}/${chroot}?session=${SESSION_MS}ms` });
      proxies.set(client, proxy);
      return client;
    },
    silence: (client) => {
      const proxy = proxies.get(client) as TcpProxy;
      proxy.blackhole('both');
      return () => proxy.heal();
    },
    close: async () => {
      await Promise.all(all.map((proxy) => proxy.close()));
    },
  };
}

describe('on one server', () => {
  let server: ZookeeperServer;
  beforeAll(async () => {
    server = await ZookeeperServer.start();
  }, 120_000);
  afterAll(() => server.stop());

  describeLockBackend('zookeeper', () => fixtureOn([server]));
});

describe('on an ensemble', () => {
  let ensemble: ZookeeperEnsemble;
  beforeAll(async () => {
    ensemble = await ZookeeperEnsemble.start();
  }, 120_000);
  afterAll(() => ensemble.stop());

  describeLockBackend('zookeeper', () => fixtureOn(ensemble.servers));
});
