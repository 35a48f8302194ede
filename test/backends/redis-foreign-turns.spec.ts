import { type ClientSettings, type Demand, LockProcess } from '../support/lock-clients/lock-process.js';
import { type Server, startServer } from '../support/start-server.js';

const RETRY_MS = 50;
/** By so much a try of theirs may come late on a busy machine. */
const LATENESS_MS = 50;
const HOLD_MS = 1;
/** How long one of our processes passes a grant on between its callers. */
const HAND_OVER_MS = 25;

describe('turns of clients that poll', () => {
  let server: Server;
  let processes: LockProcess[] = [];

  beforeAll(async () => {
    server = await startServer('redis');
  }, 120_000);
  afterAll(() => server.stop());
  afterEach(async () => {
    await Promise.all(processes.map((one) => one.stop()));
  });

  /** All of them want one key for so long; the longest delay of timers in any of the processes beside. */
  async function contend(
    fleet: readonly { settings: Omit<ClientSettings, 'url'>; workers: number; holdMs?: number; restMs?: number }[],
    ms: number,
  ): Promise<{ demands: Demand[]; delayMs: number }> {
    processes = await LockProcess.start(...fleet.map(({ settings }) => ({ ...settings, url: server.url })));
    const demands = await Promise.all(
      processes.map((one, i) => {
        const { workers, holdMs = HOLD_MS, restMs = 0 } = fleet[i]!;
        return one.demand({ key: 'wanted', ms, workers, holdMs, restMs });
      }),
    );
    return { demands, delayMs: Math.max(...demands.map((one) => one.delayMs)) };
  }

  it.each(['redlock', 'redis-semaphore', 'redis-py'] as const)(
    'with foreignRetry, %s has its turn every second beside a hundred of ours',
    async (client) => {
      const foreignRetry = RETRY_MS + LATENESS_MS;
      const ours = { settings: { client: 'nestjs-locked', foreignRetry }, workers: 25 } as const;
      const theirs = { settings: { client, retryMs: RETRY_MS }, workers: 1, restMs: RETRY_MS } as const;
      const seconds = 5;
      const { demands, delayMs } = await contend([theirs, ours, ours, ours, ours], seconds * 1_000);
      const [foreign, ...rest] = demands as [Demand, ...Demand[]];
      // A try that comes later than was reckoned with may miss a gap.
      const missed = Math.floor(foreign.delayMs / LATENESS_MS);
      expect(foreign.longestMs).toBeLessThan((1 + missed) * 1_000 + HAND_OVER_MS + HOLD_MS + 4 * delayMs);
      expect(foreign.grants[0]).toBeGreaterThanOrEqual(Math.floor(seconds / (1 + missed)));
      for (const { grants } of rest) expect(Math.min(...grants)).toBeGreaterThan(0);
    },
  );

  it("with compat: 'redlock', each worker of either fleet has its share", async () => {
    // As redlock comes: a try every 200 ± 100 ms.
    const old = { client: 'redlock', retryMs: 200, jitterMs: 100 } as const;
    const ours = { client: 'nestjs-locked', compat: 'redlock' } as const;
    const oldFleet = { settings: old, workers: 5, holdMs: 50, restMs: 200 };
    const ourFleet = { settings: ours, workers: 10, holdMs: 50 };
    const { demands } = await contend([oldFleet, oldFleet, ourFleet, ourFleet], 8_000);
    const [oldGrants = [], ourGrants = []] = [demands.slice(0, 2), demands.slice(2)].map((fleet) =>
      fleet.flatMap(({ grants }) => grants),
    );
    // Which of the callers that poll comes first is chance: nobody of them is left out, and the fleet has its share.
    expect(Math.min(...oldGrants, ...ourGrants)).toBeGreaterThan(0);
    expect(mean(oldGrants)).toBeGreaterThan(mean(ourGrants));
    expect(mean(ourGrants)).toBeGreaterThan(mean(oldGrants) / 6);
  });
});

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, one) => sum + one) / numbers.length;
}
