import { randomUUID } from 'node:crypto';
import { withHighestSequence } from '../../lib/backends/zookeeper/zookeeper.factory.js';
import type { LockBackend } from '../../lib/core/backend.js';
import { Locker } from '../../lib/core/index.js';
import { askUntil } from '../support/ask-until.js';
import { listenForWarnings } from '../unit/core/support/stage.js';
import { ZookeeperAdmin } from '../support/zookeeper-admin.js';
import { answerWith } from '../support/zookeeper-messages.js';
import { ZookeeperStage } from '../faults/zookeeper.stage.js';

const SESSION_MS = 2_000;
const UNIMPLEMENTED = -6;
/** Of the server: it looks every second for containers that are empty. */
const RECLAIM_MS = 10_000;

describe('zookeeper: what it leaves on the server', () => {
  let stage: ZookeeperStage;
  let key: string;

  beforeAll(async () => {
    stage = await ZookeeperStage.start(SESSION_MS, { maxSessionTimeout: '4000' });
  }, 120_000);
  beforeEach(() => {
    key = randomUUID();
  });
  afterAll(() => stage.stop());

  it('a holder has a node with the name that Curator would give it, whose czxid is the token, and nothing else', async () => {
    const lease = await stage.locker().acquire(key);
    const [own, ...others] = await stage.queue(key);
    expect(others).toEqual([]);
    expect(own).toMatch(new RegExp(`^/locks/${key}/_c_[0-9a-f-]{36}-lock-\\d{10}$`));
    expect(lease.token).toBe((await stage.admin.czxidOf(own as string)) << 12n);
    await lease.release();
    expect(await stage.queue(key)).toEqual([]);
  });

  it('one session for all of a process, with one node beside its locks', async () => {
    const backend = stage.open();
    const lockers = [new Locker(backend), new Locker(backend)];
    const before = await stage.sessions();
    const leases = await Promise.all(
      lockers.flatMap((locker, i) => [1, 2, 3].map((n) => locker.acquire(`${key}-${String(i)}-${String(n)}`))),
    );
    expect(await stage.sessions()).toBe(before + 1);
    await Promise.all(leases.map((lease) => lease.release()));
  });

  it('the node of a key goes when nobody uses it, and is made anew', async () => {
    const locker = stage.locker();
    const { token } = await locker.using(key, (lease) => Promise.resolve(lease));
    await askUntil(
      'the server has removed the node',
      async () => !(await stage.admin.children('/locks')).includes(key),
      RECLAIM_MS,
    );
    const again = await locker.acquire(key);
    expect(again.token).toBeGreaterThan(token);
    await again.release();
  }, 30_000);

  it('containers: false has whoever leaves last remove the node of the key', async () => {
    const locker = stage.locker({ url: stage.url, containers: false });
    const lease = await locker.acquire(key);
    expect(await stage.admin.children('/locks')).toContain(key);
    await lease.release();
    await askUntil('it is removed', async () => !(await stage.admin.children('/locks')).includes(key));
  });

  it('a server that knows no containers is asked once, and the node of a key is removed by whoever leaves last', async () => {
    const proxy = await stage.proxy();
    const asked = answerWith(proxy, 'createContainer', UNIMPLEMENTED);
    const locker = stage.locker(proxy.url);
    for (const name of [key, `${key}-2`]) await locker.using(name, () => Promise.resolve());
    expect(asked()).toBe(1);
    await askUntil(
      'both nodes are gone',
      async () => !(await stage.admin.children('/locks')).some((name) => name.startsWith(key)),
      RECLAIM_MS,
    );
  });

  it('everything stands below the chroot, which is made when it is missing', async () => {
    const url = stage.url.replace('?', `/teams/${key}?`);
    const lease = await stage.locker({ url, root: '/orders/locks' }).acquire('a/b %');
    expect(await stage.admin.children(`/teams/${key}/orders/locks`)).toEqual(
      expect.arrayContaining(['a%2Fb%20%25', '%sessions']),
    );
    await lease.release();
  });

  it.each([
    ['root: / has locks stand beside whatever else is there', '', { root: '/' }],
    ['pathOf may name nodes of the top level', '', { pathOf: (name: string) => `/${name}` }],
    ['root: / below a chroot is the chroot', '/top', { root: '/' }],
  ])('%s', async (_what, chroot, options) => {
    const lease = await stage.locker({ url: stage.url.replace('?', `${chroot}?`), ...options }).acquire(key);
    expect(await stage.admin.children(`${chroot}/${key}`)).toHaveLength(1);
    expect(await lease.release()).toEqual({ released: true });
  });

  it.each(['/', '', 'a', '/a/', '/a b'])('a path of a lock that ZooKeeper cannot have is refused: %j', async (path) => {
    const locker = stage.locker({ url: stage.url, pathOf: () => path });
    await expect(locker.tryAcquire(key)).rejects.toMatchObject({ code: 'LOCK_OPTIONS', option: 'pathOf' });
  });

  it('many that are kept for a while after their release are no reason for a warning', async () => {
    const warnings = listenForWarnings();
    const locker = stage.locker();
    const names = Array.from({ length: 12 }, (_, i) => `${key}-${i}`);
    await Promise.all(names.map((name) => locker.using(name, { minHold: '500ms' }, () => Promise.resolve())));
    for (const name of names) expect(await stage.queue(name)).toHaveLength(1);
    await Promise.all(names.map((name) => stage.untilQueued(name, 0)));
    warnings.stop();
    expect(warnings.seen).toEqual([]);
  });

  it('above the chroot it needs no right', async () => {
    const [above, chroot] = [`/above-${key}`, `/above-${key}/ours`];
    await stage.admin.make(above);
    await stage.admin.make(chroot);
    await stage.admin.allow(above, 'r');
    const lease = await stage.locker(stage.url.replace('?', `${chroot}?`)).acquire(key);
    expect(await stage.admin.children(`${chroot}/locks/${key}`)).toHaveLength(1);
    await lease.release();
  });

  it('nodes belong to whoever has the credentials; others are refused, and told what to do', async () => {
    const url = (user: string): string => stage.url.replace('//', `//${user}@`).replace('?', `/secured-${key}?`);
    const lease = await stage.locker(url('shop:canary')).acquire('order');
    const owner = await ZookeeperAdmin.connect(stage.server.address, 'shop:canary');
    for (const path of await owner.tree(`/secured-${key}`))
      expect(await owner.access(path)).toEqual([expect.stringMatching(/^digest:shop:\S+ 31$/)]);
    await owner.close();
    for (const other of [url('shop:wrong'), stage.url.replace('?', `/secured-${key}?`)]) {
      const refused = stage.locker(other).tryAcquire('order');
      await expect(refused).rejects.toMatchObject({
        code: 'LOCK_BACKEND',
        outcome: 'not-applied',
        transient: false,
        message: expect.stringContaining('Give the credentials of whoever made those nodes'),
      });
    }
    const shared = stage.locker(url('shop:canary'));
    expect(await shared.tryAcquire('order')).toBeUndefined();
    await lease.release();
  });

  it('the session lasts as long as the server allows, which is told, and what it holds goes by that', async () => {
    const warnings: string[] = [];
    const backend = stage.open({ url: stage.url, session: '9s', onWarning: (warning) => warnings.push(warning) });
    const hold = await new Locker(backend).acquire(key);
    expect(warnings).toEqual([expect.stringContaining('a session of 4000 ms instead of 9000 ms')]);
    expect(hold.remainingMs).toBeLessThanOrEqual(4_000 * (2 / 3));
    await hold.release();
  });

  describe('a queue whose numbers run out', () => {
    const open = (highest: number): LockBackend => withHighestSequence({ url: stage.url }, highest);

    it('begins anew at the same path, when all who stand in it have had their turn', async () => {
      const lockers = [new Locker(open(3)), new Locker(open(3))];
      let inside = 0;
      const tokens: bigint[] = [];
      await Promise.all(
        Array.from({ length: 30 }, (_, i) =>
          (lockers[i % 2] as Locker).using(key, { wait: '20s', handOver: false }, async ({ token }) => {
            expect(++inside).toBe(1);
            tokens.push(token);
            await Promise.resolve();
            inside--;
          }),
        ),
      );
      expect(tokens).toEqual(tokens.toSorted((a, b) => (a < b ? -1 : 1)));
      const [last] = await Promise.all(lockers.map(async (locker) => (await locker.acquire(`${key}-2`)).release()));
      expect(last).toEqual({ released: true });
      await Promise.all(lockers.map((locker) => locker.close()));
    }, 60_000);

    it('whoever does not wait finds it busy, and leaves nothing', async () => {
      const [holder, other] = [new Locker(open(0)), new Locker(open(0))];
      const first = await holder.acquire(key);
      const second = await holder.tryAcquire(`${key}-none`);
      await second?.release();
      // The next number is one too many.
      expect(await other.tryAcquire(key)).toBeUndefined();
      expect(await stage.queue(key)).toHaveLength(1);
      await first.release();
      const after = await other.tryAcquire(key);
      expect(await stage.queue(key)).toEqual([expect.stringMatching(/0000000000$/)]);
      await after?.release();
      await Promise.all([holder.close(), other.close()]);
    });
  });
});
