import { randomUUID } from 'node:crypto';
import { redis, redisQuorum } from '../../lib/backends/redis/index.js';
import { type Lease, Locker } from '../../lib/core/index.js';
import type { LockBackend } from '../../lib/core/backend.js';
import { askUntil } from '../support/ask-until.js';
import { leftovers } from '../support/leftovers.js';
import { QuorumStage } from '../support/quorum-stage.js';
import { LOCKER } from '../support/redis-server.js';
import { TcpProxy } from '../support/tcp-proxy.js';

type ServerNumber = 1 | 2 | 3;

describe('a quorum whose replies come late or never', () => {
  let stage: QuorumStage;
  let proxies: readonly TcpProxy[];
  /** Reaches the servers through the proxies. */
  let client: LockBackend;

  beforeEach(async () => {
    stage = await QuorumStage.open();
    proxies = await Promise.all(stage.servers.map(({ url }) => TcpProxy.start(url)));
    client = redisQuorum(proxies.map(({ url }) => ({ url })));
    await client.ping();
    await stage.granted(client, { key: 'warm-up' }).then((hold) => hold.release({ used: 1 }));
  }, 300_000);

  afterEach(async () => {
    await client.close?.();
    await Promise.all(proxies.map((proxy) => proxy.close()));
    await stage.close();
  });

  function proxyOf(number: ServerNumber): TcpProxy {
    const proxy = proxies[number - 1];
    if (!proxy) throw new Error('there are three servers');
    return proxy;
  }

  async function occupy(...numbers: readonly ServerNumber[]): Promise<void> {
    for (const number of numbers) {
      await stage.server(number).administer((admin) => admin.set(`lock:${stage.key}`, 'foreign', 'PX', 60_000));
    }
  }

  async function vacate(number: ServerNumber): Promise<void> {
    await stage.server(number).administer((admin) => admin.del(`lock:${stage.key}`));
  }

  /** How often the script was called by its digest, in vain or not. */
  function callsOn(number: ServerNumber): Promise<number> {
    return stage.server(number).administer(async (admin) => {
      const [, calls = '0'] = /cmdstat_evalsha:calls=(\d+)/.exec(await admin.info('commandstats')) ?? [];
      return Number(calls);
    });
  }

  async function untilCalled(number: ServerNumber, times: number): Promise<void> {
    await askUntil(`${String(times)} calls`, async () => (await callsOn(number)) >= times);
  }

  it('gives a repeated request the same block though a slow server has granted a larger one meanwhile', async () => {
    await stage.setClockAhead(3, 60_000);
    proxyOf(3).blackhole('toClient');
    const [before, owner] = [await callsOn(3), randomUUID()];
    const first = await stage.granted(client, { owner });
    await untilCalled(3, before + 1);
    proxyOf(1).blackhole('toClient');
    const again = stage.granted(client, { owner });
    await proxyOf(3).heal();
    expect((await again).first).toBe(first.first);
    await proxyOf(1).heal();
  });

  it('keeps what a second attempt of the same owner wins from what the first one takes back late', async () => {
    const owner = randomUUID();
    await occupy(2, 3);
    await stage.server(1).administer((admin) => admin.script('FLUSH'));
    await stage.server(1).administer((admin) => admin.config('RESETSTAT'));
    proxyOf(1).blackhole('toClient');
    proxyOf(2).blackhole('toClient');
    proxyOf(3).blackhole('toClient');
    const first = stage.ask(client, { owner }).catch((error: unknown) => error);
    await untilCalled(1, 1);
    // Somebody else brings the script: now what is sent next is done before what has to be sent again.
    const other = redis({ url: stage.server(1).url });
    await stage.granted(other, { key: 'other' });
    await other.close?.();
    const before = await callsOn(1);
    await Promise.all([proxyOf(2).heal(), proxyOf(3).heal()]);
    expect(await first).toMatchObject({ busy: true });
    await untilCalled(1, before + 1);
    await vacate(2);
    const second = stage.granted(client, { owner });
    await askUntil('server 2 grants', async () => (await stage.lockOn(2))?.endsWith(owner) === true);
    await proxyOf(1).heal();
    const hold = await second;
    await vacate(3);
    expect(await stage.ask(stage.client())).toMatchObject({ busy: true });
    expect(await stage.lockOn(1)).toBe(await stage.lockOn(2));
    expect(await hold.release({ used: 1 })).toBe(true);
  });

  it('takes back what was granted before the repeated request was refused', async () => {
    const lost = proxyOf(3).dropNextReply((request) => request.includes('acquire'));
    const granting = stage.granted(client, { leaseMs: 60_000 });
    await lost;
    proxyOf(3).blackhole('both');
    const hold = await granting;
    const grant = await stage.lockOn(3);
    expect(grant).not.toBeNull();
    const allow = (rule: string) => stage.server(3).administer((admin) => admin.acl('SETUSER', LOCKER.username, rule));
    await allow('-evalsha');
    await proxyOf(3).heal();
    await new Promise<void>((resolve) => {
      proxyOf(3).filter((direction, chunk) => {
        if (direction === 'toClient' && chunk.includes('NOPERM')) resolve();
        return chunk;
      });
    });
    await allow('+evalsha');
    expect(await hold.release({ used: 1 })).toBe(true);
    await askUntil('nothing is left', async () => (await stage.lockOn(3)) === null);
  });

  /** A server that answers after the others have decided is not among those that hold the key: then once more. */
  async function heldOn(numbers: readonly ServerNumber[], acquire: () => Promise<Lease>): Promise<Lease> {
    for (let attempt = 0; attempt < 50; attempt++) {
      const lease = await acquire();
      const locks = await Promise.all(numbers.map((number) => stage.lockOn(number)));
      if (locks.every((lock) => lock?.startsWith(`${String(lease.token)}.`))) return lease;
      await lease.release();
    }
    throw new Error(`The key was never held on all of the servers ${numbers.join(', ')}.`);
  }

  it.each([
    ['of two servers', [1, 2], []],
    ['of one server, where another never granted the key', [1], [3]],
  ] as const)('counts a release as one although the replies were lost: %s', async (_which, lossy, foreign) => {
    await occupy(...foreign);
    const locker = new Locker(client);
    const lease = await heldOn(lossy, () => locker.acquire(stage.key, { lease: 10_000 }));
    const isRelease = (request: Buffer): boolean => request.includes('release');
    const lost = Promise.all(lossy.map((number) => proxyOf(number).dropNextReply(isRelease)));
    const released = lease.release();
    await lost;
    expect(await released).toEqual({ released: true });
    for (const number of lossy) expect(await leftovers(stage.server(number))).toEqual([]);
  });
});
