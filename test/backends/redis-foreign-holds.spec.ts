import { Redis } from 'ioredis';
import { askUntil } from '../support/ask-until.js';
import { type ClientSettings, LockProcess } from '../support/lock-clients/lock-process.js';
import { withSchedulerDelay } from '../support/scheduler-delay.js';
import { type Server, startServer } from '../support/start-server.js';

const FOREIGNERS: readonly Omit<ClientSettings, 'url'>[] = [
  { client: 'redlock', retryMs: 50 },
  { client: 'redis-semaphore', retryMs: 50 },
  { client: 'redis-py', retryMs: 50 },
  // Its default: never expires.
  { client: 'redis-py', retryMs: 50, leaseMs: null },
];

const WAIT_MS = 20_000;
/** The head of the queue looks so often at a key that is held by a client of another kind. */
const LOOKS_MS = { least: 50, most: 250 };
/** Of the others: a third of a waiter's lease. */
const OTHERS_LOOK_MS = 5_000 / 3;
const ROUND_TRIPS_MS = 50;

describe('holds of other clients', () => {
  let server: Server;
  let admin: Redis;
  let processes: LockProcess[];

  beforeAll(async () => {
    server = await startServer('redis');
    admin = new Redis(server.url);
  }, 120_000);
  afterAll(async () => {
    admin.disconnect();
    await server.stop();
  });
  beforeEach(() => admin.flushall());
  afterEach(async () => {
    await Promise.all(processes.map((one) => one.stop()));
  });

  async function start(...settings: readonly Omit<ClientSettings, 'url'>[]): Promise<LockProcess[]> {
    return (processes = await LockProcess.start(...settings.map((one) => ({ ...one, url: server.url }))));
  }

  const queued = (count: number): Promise<void> =>
    askUntil(`${count} in the queue`, async () => (await admin.zcard('nestjs-locked:queue{mutex:k}')) === count);

  describe.each(FOREIGNERS)('%j', (foreigner) => {
    it.each([{}, { foreignRetry: 50 }, { compat: 'redlock' as const }])(
      'excludes ours %j, and ours it',
      async (mode) => {
        const [ours, theirs] = (await start({ client: 'nestjs-locked', ...mode }, foreigner)) as [
          LockProcess,
          LockProcess,
        ];
        expect(await theirs.take('k', 0)).toBe(true);
        expect(await ours.take('k', 0)).toBe(false);
        expect(await ours.take('another', 0)).toBe(true);
        await theirs.giveBack('k');

        expect(await ours.take('k', 0)).toBe(true);
        expect(await theirs.take('k', 0)).toBe(false);
        expect(await theirs.take('a third', 0)).toBe(true);
        await ours.giveBack('k');
        expect(await theirs.take('k', 5_000)).toBe(true);
      },
    );

    it('is waited for by the head alone, which has the key soon after', async () => {
      const settings = [foreigner, { client: 'nestjs-locked' }, { client: 'nestjs-locked' }] as const;
      const [theirs, ...ours] = (await start(...settings)) as [LockProcess, LockProcess, LockProcess];
      await theirs.take('k', 0);
      const taken = ours.map((one) => one.take('k', WAIT_MS));
      await queued(2);

      const windowMs = 2_000;
      const { result: looks, delayMs } = await withSchedulerDelay(() => looksWithin(server.url, windowMs));
      const [others = 0, head = 0] = [...looks.values()].sort((a, b) => a - b).slice(looks.size - 2);
      expect(head).toBeGreaterThanOrEqual(Math.floor(windowMs / (LOOKS_MS.most + ROUND_TRIPS_MS + delayMs)));
      expect(head).toBeLessThanOrEqual(Math.ceil((windowMs + delayMs) / LOOKS_MS.least));
      expect(looks.size === 1 ? 0 : others).toBeLessThanOrEqual(Math.ceil((windowMs + delayMs) / OTHERS_LOOK_MS));

      const handedOn = await withSchedulerDelay(async () => {
        await theirs.giveBack('k');
        const since = performance.now();
        await Promise.race(taken);
        return performance.now() - since;
      });
      expect(handedOn.result).toBeLessThan(LOOKS_MS.most + ROUND_TRIPS_MS + 3 * handedOn.delayMs);
    });
  });

  it('a head that leaves has the next one look', async () => {
    const foreigner = { client: 'redis-py', retryMs: 50, leaseMs: null } as const;
    const settings = [foreigner, { client: 'nestjs-locked' }, { client: 'nestjs-locked' }] as const;
    const [theirs, first, second] = (await start(...settings)) as [LockProcess, LockProcess, LockProcess];
    await theirs.take('k', 0);
    const impatient = first.take('k', 300);
    await queued(1);
    const patient = second.take('k', WAIT_MS);
    await queued(2);
    expect(await impatient).toBe(false);
    await queued(1);

    const { result: tookMs, delayMs } = await withSchedulerDelay(async () => {
      await theirs.giveBack('k');
      const since = performance.now();
      expect(await patient).toBe(true);
      return performance.now() - since;
    });
    expect(tookMs).toBeLessThan(LOOKS_MS.most + ROUND_TRIPS_MS + 3 * delayMs);
  });
});

/** How often each connection runs a script within a time. */
async function looksWithin(url: string, ms: number): Promise<Map<string, number>> {
  const client = new Redis(url);
  const monitor = await client.monitor();
  const looks = new Map<string, number>();
  monitor.on('monitor', (_time: string, [command = '']: string[], source: string) => {
    if (/^evalsha$/i.test(command)) looks.set(source, (looks.get(source) ?? 0) + 1);
  });
  await new Promise((resolve) => setTimeout(resolve, ms));
  monitor.disconnect();
  client.disconnect();
  return looks;
}
