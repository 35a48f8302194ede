import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { keyHash } from '../../lib/backends/typeorm/wakes.js';
import { SqlStage } from '../backends/sql.stage.js';
import { askUntil } from '../support/ask-until.js';
import { startPgBouncer } from '../support/pg-bouncer.js';
import { withSchedulerDelay } from '../support/scheduler-delay.js';

const OPTIONS = { lease: 30_000, wait: 20_000 };
/** A waiter that hears looks by itself no sooner than this. */
const LOOK_MS = 750;
/** The longest pause between two looks of a waiter that hears nothing. */
const POLL_MS = 125;

describe('postgres: waking waiters', () => {
  let stage: SqlStage;

  beforeAll(async () => {
    stage = await SqlStage.start('postgres');
  }, 120_000);

  afterAll(() => stage.stop());

  /** Backends that LISTEN. */
  async function listening(): Promise<number[]> {
    const rows = await stage.sql(`SELECT pid FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND usename = 'locker'`);
    return rows.map(({ pid }) => Number(pid));
  }

  /** What a release takes to reach a waiter of another process, in ms, beyond how late this machine is. */
  async function handOff(key: string, holder = stage.locker(), waiter = stage.locker(), between?: () => unknown) {
    const lease = await holder.acquire(key, OPTIONS);
    const waiting = waiter.acquire(key, OPTIONS);
    await stage.untilAwaited(key);
    await between?.();
    const { result, delayMs } = await withSchedulerDelay(async () => {
      const released = performance.now();
      await lease.release();
      const next = await waiting;
      const took = performance.now() - released;
      await next.release();
      return took;
    });
    return result - 5 * delayMs;
  }

  it('nobody listens while nobody waits, one connection per process while many do', async () => {
    const [holder, waiter] = [stage.locker(), stage.locker()];
    await holder.using('quiet', () => undefined);
    expect(await listening()).toEqual([]);
    const leases = await Promise.all(['a', 'b', 'c'].map((key) => holder.acquire(key, OPTIONS)));
    const waiting = ['a', 'b', 'c'].map((key) => waiter.acquire(key, OPTIONS));
    await askUntil('it listens', async () => (await listening()).length === 1);
    await pause(100);
    expect(await listening()).toHaveLength(1);
    for (const lease of leases) await lease.release();
    for (const next of waiting) await (await next).release();
  });

  it('a release wakes at once, also who has waited for long', async () => {
    const [holder, waiter] = [stage.locker(), stage.locker()];
    const heard = () => askUntil('it listens', async () => (await listening()).length >= 1).then(() => pause(1_000));
    expect(await handOff('order', holder, waiter, heard)).toBeLessThan(LOOK_MS / 4);
  });

  it('F28: the listening connection is cut: polling takes over, and it listens again', async () => {
    const [holder, waiter] = [stage.locker(), stage.locker()];
    const cut = async () => {
      await askUntil('it listens', async () => (await listening()).length >= 1);
      for (const pid of await listening()) await stage.sql('SELECT pg_terminate_backend($1)', [pid]);
    };
    expect(await handOff('cut', holder, waiter, cut)).toBeLessThan(POLL_MS + 50);

    const lease = await holder.acquire('cut', OPTIONS);
    const waiting = waiter.acquire('cut', OPTIONS);
    await askUntil('it listens again', async () => (await listening()).length >= 1);
    await lease.release();
    await (await waiting).release();
  });

  it('a release tells nobody when nobody waits, and once when somebody does', async () => {
    const told: (string | undefined)[] = [];
    const ear = new Client(stage.server.adminUrl);
    ear.on('notification', ({ payload }) => told.push(payload));
    await ear.connect();
    try {
      await ear.query('LISTEN nestjs_locked');
      const [holder, waiter] = [stage.locker(), stage.locker({ url: stage.server.url, listen: false })];
      for (let round = 0; round < 10; round++) await holder.using('untold', () => undefined);
      await ear.query('SELECT 1');
      expect(told).toEqual([]);
      await handOff('untold', holder, waiter);
      await ear.query('SELECT 1');
      // The first release answers the word; the second, of the waiter itself, may still find its echo.
      expect(new Set(told)).toEqual(new Set([keyHash('untold')]));
      expect(told.length).toBeLessThanOrEqual(2);
    } finally {
      await ear.end();
    }
  });

  it('`listen: false` polls, and holds no connection for it', async () => {
    const quiet = { url: stage.server.url, listen: false } as const;
    const [holder, waiter] = [stage.locker(quiet), stage.locker(quiet)];
    const before = (await listening()).length;
    expect(await handOff('polled', holder, waiter, () => pause(300))).toBeLessThan(POLL_MS + 50);
    expect((await listening()).length).toBeLessThanOrEqual(before);
  });

  it('where nobody lets it listen, waiters poll, and attempts to connect grow rare', async () => {
    let attempts = 0;
    const nobody = createServer((socket) => {
      attempts++;
      socket.destroy();
    });
    await once(nobody.listen(0, '127.0.0.1'), 'listening');
    const { port } = nobody.address() as AddressInfo;
    const deaf = { url: stage.server.url, listen: `postgres://u:p@127.0.0.1:${String(port)}/x` };
    expect(await handOff('refused', stage.locker(deaf), stage.locker(deaf), () => pause(2_000))).toBeLessThan(
      POLL_MS + 50,
    );
    // 250, 500, 1,000 ms … in each of two processes, of which one waits.
    expect(attempts).toBeGreaterThan(1);
    expect(attempts).toBeLessThan(8);
    nobody.close();
  });

  it('a connection that has fallen silent is found out, also under steady traffic', async () => {
    const proxy = await stage.proxy();
    const hearing = { url: stage.server.url, listen: proxy.url };
    const [one, two] = [stage.locker(hearing), stage.locker(hearing)];
    const heard = () => askUntil('it listens', async () => (await listening()).length >= 1).then(() => pause(1_000));
    expect(await handOff('silent', one, two, heard)).toBeLessThan(LOOK_MS / 4);
    proxy.blackhole('both');
    let last = Infinity;
    for (const end = performance.now() + 14_000; performance.now() < end;) last = await handOff('silent', one, two);
    expect(last).toBeLessThan(POLL_MS + 50);
  }, 60_000);

  it('a URL to listen that cannot be read is refused at once', () => {
    const listen = 'postgres://app:canary@db:99999/shop';
    expect(() => stage.locker({ url: stage.server.url, listen })).toThrow(
      expect.objectContaining({ code: 'LOCK_OPTIONS', option: 'listen' }) as Error,
    );
  });

  it('closes at once while it listens', async () => {
    const locker = stage.locker();
    const lease = await stage.locker().acquire('closing', OPTIONS);
    const waiting = locker.acquire('closing', OPTIONS).catch((error: unknown) => error);
    await askUntil('it listens', async () => (await listening()).length >= 1);
    await locker.close({ drain: 0 });
    expect(await waiting).toMatchObject({ code: 'LOCK_SHUTDOWN' });
    await lease.release();
  });

  describe('behind PgBouncer in transaction mode', () => {
    let bouncer: Awaited<ReturnType<typeof startPgBouncer>>;

    beforeAll(async () => {
      bouncer = await startPgBouncer(stage.server);
    }, 120_000);

    afterAll(() => bouncer.stop());

    it('takes, renews and gives back locks, whichever connection the statements come to', async () => {
      const lockers = [stage.locker(bouncer.url), stage.locker(bouncer.url), stage.locker()];
      let inside = 0;
      let tokens = 0n;
      const work = lockers.flatMap((locker) =>
        Array.from({ length: 4 }, async () => {
          for (let round = 0; round < 10; round++) {
            await locker.using('bounced', { ...OPTIONS, lease: 1_000, handOver: false }, async (lease) => {
              expect(++inside).toBe(1);
              expect(lease.token).toBeGreaterThan(tokens);
              tokens = lease.token;
              await pause(1);
              lease.assertHeld();
              inside--;
            });
          }
        }),
      );
      await Promise.all(work);
      const lease = await stage.locker(bouncer.url).acquire('renewed', { lease: 600 });
      await pause(1_000);
      lease.assertHeld();
      await lease.release();
    }, 60_000);

    it('polls, because tellings do not come through', async () => {
      const [holder, waiter] = [stage.locker(bouncer.url), stage.locker(bouncer.url)];
      expect(await handOff('deaf', holder, waiter, () => pause(1_500))).toBeLessThan(POLL_MS + 50);
    });

    it('wakes, with a URL of the server itself to listen', async () => {
      const through = { url: bouncer.url, listen: stage.server.url };
      const [holder, waiter] = [stage.locker(through), stage.locker(through)];
      const heard = () => askUntil('it listens', async () => (await listening()).length >= 1).then(() => pause(1_000));
      expect(await handOff('direct', holder, waiter, heard)).toBeLessThan(LOOK_MS / 4);
    });
  });
});
