import { randomUUID } from 'node:crypto';
import { memory, MemoryBackend } from '../../../lib/backends/memory/index.js';
import { type Hold, isBusy, type LockBackend } from '../../../lib/core/backend.js';
import { LockOptionsError } from '../../../lib/core/errors.js';
import { FakeClock } from '../../../lib/testing/index.js';

const signal = new AbortController().signal;

async function grant(store: LockBackend, key: string, turns = 1, leaseMs = 1_000): Promise<Hold> {
  const answer = await store.acquire({
    key,
    owner: randomUUID(),
    leaseMs,
    turns,
    mode: 'exclusive',
    mayWait: false,
    signal,
  });
  if (isBusy(answer)) throw new Error('busy');
  return answer;
}

describe('memory()', () => {
  const environment = process.env['NODE_ENV'];
  afterEach(() => {
    process.env['NODE_ENV'] = environment;
  });

  it('refuses to start in production, unless there is a single process', () => {
    process.env['NODE_ENV'] = 'production';
    expect(() => memory()).toThrow(LockOptionsError);
    expect(() => memory({ singleProcess: false })).toThrow('Option `backend`');
    expect(memory({ singleProcess: true }).name).toBe('memory');
  });

  it('keeps every lease to its clock', async () => {
    const clock = new FakeClock();
    const store = memory({ clock });
    const hold = await grant(store, 'k');
    expect(hold.deadline).toBe(990);
    await clock.advance(999);
    await expect(grant(store, 'k')).rejects.toThrow('busy');
    await clock.advance(1);
    const next = await grant(store, 'k');
    await clock.advance(500);
    expect(await next.renew?.(2_000)).toBe(1_000 + 500 + 2_000 - 20);
  });

  it('judges leases by monotonic time alone', async () => {
    const clock = new FakeClock();
    const store = memory({ clock });
    await grant(store, 'k');
    clock.jumpWall(3_600_000);
    await expect(grant(store, 'k')).rejects.toThrow('busy');
  });

  it('mints tokens from the wall clock, so that they grow over a restart', async () => {
    const clock = new FakeClock(Date.UTC(2030, 0, 1));
    const { first } = await grant(memory({ clock }), 'k');
    expect(first).toBe(BigInt(Date.UTC(2030, 0, 1)) * 1000n);
    await clock.advance(1);
    expect((await grant(memory({ clock }), 'k')).first).toBe(first + 1000n);
  });

  it('mints growing tokens though the wall clock is set back by years, also after it forgot the key', async () => {
    const clock = new FakeClock();
    const store = memory({ clock });
    const before = await grant(store, 'k', 8);
    await before.release({ used: 3 });
    clock.jumpWall(-100_000_000_000);
    const after = await grant(store, 'k');
    expect(after.first).toBe(before.first + 3n);
  });

  it('forgets expired keys that nobody asks for again', async () => {
    const clock = new FakeClock();
    const store = new MemoryBackend(clock);
    for (let i = 0; i < 10_000; i++) {
      await grant(store, `k${String(i)}`);
      clock.block(10);
    }
    expect(store.size).toBeLessThanOrEqual(1_024);
    const held = await grant(store, 'k9999x', 1, 60_000);
    expect(await held.release({ used: 1 })).toBe(true);
  });

  it('keeps what is held while it forgets the rest', async () => {
    const clock = new FakeClock();
    const store = new MemoryBackend(clock);
    const held = await Promise.all(Array.from({ length: 3_000 }, (_, i) => grant(store, `h${String(i)}`, 1, 60_000)));
    expect(store.size).toBe(3_000);
    expect(await Promise.all(held.map((hold) => hold.release({ used: 1 })))).not.toContain(false);
    expect(store.size).toBe(0);
  });
});
