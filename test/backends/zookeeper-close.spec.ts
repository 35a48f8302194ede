import { randomUUID } from 'node:crypto';
import { setImmediate, setTimeout as pause } from 'node:timers/promises';
import { zookeeper } from '../../lib/backends/zookeeper/index.js';
import { type AcquireRequest, type Busy, type Hold, isBusy, type LockBackend } from '../../lib/core/backend.js';
import { askUntil } from '../support/ask-until.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { handshakesOf } from '../support/zookeeper-messages.js';
import { ZookeeperServer } from '../support/zookeeper-server.js';

let key: string;

function request(): AcquireRequest {
  return {
    ...{ key, owner: randomUUID(), leaseMs: 10_000, turns: 1, mode: 'exclusive', mayWait: false },
    signal: new AbortController().signal,
  };
}

describe('zookeeper: close()', () => {
  let server: ZookeeperServer;
  let proxy: TcpProxy;
  let handshakes: () => number;
  let other: LockBackend;

  beforeAll(async () => {
    server = await ZookeeperServer.start();
  }, 120_000);

  beforeEach(async () => {
    key = randomUUID();
    proxy = await TcpProxy.start(server.url);
    handshakes = handshakesOf(proxy);
    other = zookeeper({ url: `${server.url}?session=2s` });
  });

  afterEach(async () => {
    await other.close?.();
    await proxy.close();
  });

  afterAll(() => server.stop());

  it('ends the session by the connection that there is: what it held is free at once', async () => {
    const backend = zookeeper({ url: `${proxy.url}?session=2s` });
    expect(isBusy(await backend.acquire(request()))).toBe(false);
    await backend.close?.();
    expect(isBusy(await other.acquire(request()))).toBe(false);
    expect(handshakes()).toBe(1);
  });

  it('ends a session whose connection was cut by another one', async () => {
    const backend = zookeeper({ url: `${proxy.url}?session=2s` });
    expect(isBusy(await backend.acquire(request()))).toBe(false);
    const lost = proxy.dropNextReply();
    await Promise.all([backend.close?.(), lost]);
    expect(isBusy(await other.acquire(request()))).toBe(false);
    expect(handshakes()).toBe(2);
  });

  it('does not wait for a server that is silent', async () => {
    const backend = zookeeper({ url: `${proxy.url}?session=2s` });
    expect(isBusy(await backend.acquire(request()))).toBe(false);
    proxy.blackhole('both');
    await backend.close?.();
    expect(isBusy(await other.acquire(request()))).toBe(true);
  });

  it.each(['at once', 'in the next tick', 'when it is connecting'])(
    'in the middle of the first request, %s, ends that as well, and leaves nothing',
    async (when) => {
      const backend = zookeeper({ url: `${proxy.url}?session=2s` });
      const asked = backend.acquire(request()).then(isBusy, () => undefined);
      if (when === 'in the next tick') await setImmediate();
      if (when === 'when it is connecting') await askUntil('it connects', () => Promise.resolve(handshakes() > 0));
      await backend.close?.();
      await asked;
      expect(isBusy(await other.acquire(request()))).toBe(false);
    },
  );

  it('a backend that is opened again is as good as new: who waits outlives the session', async () => {
    const backend = zookeeper({ url: `${proxy.url}?session=1s` });
    expect(isBusy(await backend.acquire(request()))).toBe(false);
    await backend.close?.();
    const holder = await other.acquire(request());
    let waiting: Promise<Hold | Busy> | undefined;
    const isQueued = new Promise<void>((resolve) => {
      waiting = backend.acquire({ ...request(), mayWait: true, onQueued: resolve });
    });
    await isQueued;
    proxy.blackhole('both');
    await pause(1_000);
    await proxy.heal();
    if (!isBusy(holder)) await holder.release({ used: 1 });
    expect(await waiting).toMatchObject({ count: 1 });
    await backend.close?.();
  });

  it('opens nothing that nobody has asked for', async () => {
    const backend = zookeeper({ url: `${proxy.url}?session=2s` });
    await backend.close?.();
    expect(handshakes()).toBe(0);
  });
});
