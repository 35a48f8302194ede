import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { Contender } from '../support/contender.js';
import { withSchedulerDelay } from '../support/scheduler-delay.js';

const ROUNDS = 50;
const LEASE_MS = 200;

/** F01: the lease of a process that was killed is the next one's when it has ended, and not before. */
describe('sqlite: kill -9 of the holder', () => {
  let folder: string;
  let file: string;
  let waiter: Contender;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nestjs-locked-kill-'));
    file = join(folder, 'locks.db');
    waiter = await Contender.start(file);
  });

  afterAll(async () => {
    await waiter.kill();
    await rm(folder, { recursive: true, force: true });
  });

  it(`passes to the waiter at the lease's end, never before, ${String(ROUNDS)} times; tokens only grow`, async () => {
    const late: number[] = [];
    const tokens: bigint[] = [];
    const { delayMs } = await withSchedulerDelay(async () => {
      let starting = Contender.start(file);
      for (let round = 0; round < ROUNDS; round++) {
        const holder = await starting;
        // A process takes longer to start than a lease to end.
        if (round < ROUNDS - 1) starting = Contender.start(file);
        const held = await holder.acquire('order', { lease: LEASE_MS, wait: 5_000 });
        const waiting = waiter.acquire('order', { lease: LEASE_MS, wait: 5_000 });
        await holder.kill();
        const endsAt = leaseEnd(file);
        const next = await waiting;
        await waiter.release();

        // A token is the database's clock in µs at the moment of the grant: the store's own word on "before".
        expect(Number(BigInt(next.token) / 1000n)).toBeGreaterThanOrEqual(endsAt);
        late.push(next.wallMs - endsAt);
        tokens.push(BigInt(held.token), BigInt(next.token));
      }
    });

    expect(tokens).toEqual([...tokens].sort((a, b) => (a < b ? -1 : 1)));
    expect(new Set(tokens).size).toBe(2 * ROUNDS);
    expect(Math.max(...late)).toBeLessThanOrEqual(25 + 3 * delayMs);
  }, 120_000);
});

/** When the present lease ends, by the database's clock, in ms since the epoch. */
function leaseEnd(file: string): number {
  const database = new Database(file, { readonly: true });
  try {
    return database.prepare('SELECT max(expires_at) FROM nestjs_locked').pluck().get() as number;
  } finally {
    database.close();
  }
}
