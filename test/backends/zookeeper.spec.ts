import { randomUUID } from 'node:crypto';
import { zookeeper } from '../../lib/backends/zookeeper/index.js';
import type { LockBackend } from '../../lib/core/backend.js';
import { type BackendFixture, describeLockBackend } from '../../lib/testing/index.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { TICK_MS } from '../support/zookeeper-kind.js';
import { ZookeeperServer } from '../support/zookeeper-server.js';

const SESSION_MS = 1_500;

let server: ZookeeperServer;
beforeAll(async () => {
  server = await ZookeeperServer.start();
}, 120_000);
afterAll(() => server.stop());

describeLockBackend('zookeeper, one server', async (): Promise<BackendFixture> => {
  const proxies = new Map<LockBackend, TcpProxy>();
  const free = await Promise.all([TcpProxy.start(server.url), TcpProxy.start(server.url)]);
  const all = [...free];
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
});
