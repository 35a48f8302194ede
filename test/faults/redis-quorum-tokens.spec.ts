import { Redis } from 'ioredis';
import { keyNames } from '../../lib/backends/redis/key-names.js';
import { LockOperations } from '../../lib/backends/redis/lock.operations.js';
import { QuorumStage } from '../support/quorum-stage.js';

const MINUTES = 60_000;

/** Rule: any two majorities share a server, and every grant has told a majority its last token. */
describe('tokens of a quorum, over changing majorities', () => {
  let stage: QuorumStage;

  beforeEach(async () => {
    stage = await QuorumStage.open();
  }, 300_000);

  afterEach(() => stage.close());

  it.each(['kept', 'lost'] as const)(
    'grow when one server after the other is away and comes back with its data %s, clocks minutes apart',
    async (data) => {
      const client = stage.client();
      await client.ping();
      await stage.setClockAhead(1, 10 * MINUTES);
      await stage.setClockAhead(2, 3 * MINUTES);
      await stage.server(3).kill();
      const tokens: bigint[] = [];
      for (const [back, away] of [
        [3, 1],
        [1, 2],
        [2, 3],
        [3, 1],
        [1, 2],
      ] as const) {
        const hold = await stage.grantedAtLast(client);
        tokens.push(hold.first, hold.first + 4n);
        await hold.release({ used: 5 });
        await stage.server(back).restart(data);
        await stage.server(away).kill();
      }
      const last = await stage.grantedAtLast(client);
      tokens.push(last.first);
      expect(tokens).toEqual([...new Set(tokens)].sort((a, b) => (a < b ? -1 : 1)));
      expect(tokens[0]).toBeGreaterThan(BigInt((Date.now() + 9 * MINUTES) * 1000));
    },
  );

  it('are given back unless they were used, and never below those that were', async () => {
    const client = stage.client();
    await client.ping();
    await stage.setClockAhead(2, 5 * MINUTES);
    let next = 0n;
    for (const used of [1, 3, 0, 5, 2]) {
      const hold = await stage.granted(client);
      expect(hold.first).toBeGreaterThanOrEqual(next);
      // Server 2 is far ahead, so nothing but the tokens that were used moves it on.
      if (next > 0n && hold.first > BigInt((Date.now() + 4 * MINUTES) * 1000)) expect(hold.first).toBe(next);
      next = hold.first + BigInt(used);
      await hold.release({ used });
    }
  });

  it('are not forced on a server that has meanwhile granted the key to somebody else', async () => {
    const client = new Redis(stage.server(1).url);
    const operations = new LockOperations(() => client, { isCluster: false, gapMs: 0, address: () => '' });
    const names = keyNames(stage.key, `lock:${stage.key}`);
    const { signal } = new AbortController();
    const request = { key: stage.key, leaseMs: 10_000, turns: 1, mode: 'exclusive' as const, mayWait: false, signal };
    const answer = await operations.acquire(names, { ...request, owner: 'present' }, 0);
    const block = { first: 2n ** 52n, count: 1 };
    expect(await operations.raise(names, 'former', block)).toBe(false);
    expect(answer).toEqual({ granted: true, value: await stage.lockOn(1) });
    expect(await operations.raise(names, 'present', block)).toBe(true);
    expect(await stage.lockOn(1)).toBe(`${String(block.first)}.1.present`);
    client.disconnect();
  });
});
