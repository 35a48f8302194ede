import { MemoryBackend } from '../../../lib/backends/memory/index.js';
import { Locker, LockLostError } from '../../../lib/core/index.js';
import { FakeClock } from '../../../lib/testing/fake-clock.js';
import { answeredAfter, blackhole, FaultyStore } from './support/faulty-store.js';
import { LEASE, Stage, watch } from './support/stage.js';

const HOUR = 3_600_000;

describe('clocks that disagree', () => {
  let stage: Stage;
  beforeEach(() => (stage = new Stage()));

  test('F08: a wall clock set forwards costs one extra renewal and loses nothing', async () => {
    const lease = await stage.locker.acquire('k');
    stage.store.next.renew = [answeredAfter(200)];
    await stage.clock.advance(1_000);
    stage.clock.jumpWall(HOUR);
    const ask = (): void => {
      lease.assertHeld();
    };
    expect(ask).toThrow(LockLostError);
    expect(lease.state).toBe('suspect');
    expect(lease.signal.aborted).toBe(false);
    await stage.clock.advance(199);
    expect(ask).toThrow(LockLostError);
    await stage.clock.advance(1);
    ask();
    expect(lease.state).toBe('held');
    expect(stage.store.count('renew')).toBe(1);
    await stage.clock.advance((LEASE.ms / 3) * 0.9 - 201);
    expect(stage.store.count('renew')).toBe(1);
    expect(await lease.release()).toEqual({ released: true });
  });

  test('F08: a jump while a renewal is under way costs one extra renewal, and the early answer vouches for nothing', async () => {
    const lease = await stage.locker.acquire('k');
    stage.store.always.renew = answeredAfter(500);
    while (stage.store.count('renew') === 0) await stage.clock.advance(10);
    await stage.clock.advance(100);
    stage.clock.jumpWall(HOUR);
    expect(() => {
      lease.assertHeld();
    }).toThrow(LockLostError);
    await stage.clock.advance(450);
    expect(lease.state).toBe('suspect');
    expect(() => {
      lease.assertHeld();
    }).toThrow(LockLostError);
    await stage.clock.advance(100);
    lease.assertHeld();
    expect(lease.state).toBe('held');
    expect(stage.store.count('renew')).toBe(2);
  });

  test('F08: 100 leases held, 1 h forwards: one extra renewal each, none lost', async () => {
    const leases = await Promise.all(Array.from({ length: 100 }, (_, i) => stage.locker.acquire(String(i))));
    stage.clock.jumpWall(HOUR);
    for (const lease of leases) expect(() => lease.assertHeld()).toThrow();
    await stage.settle();
    for (const lease of leases) lease.assertHeld();
    expect(stage.store.count('renew')).toBe(100);
    expect(leases.every((lease) => lease.state === 'held')).toBe(true);
  });

  test('F08: a wall clock set backwards is not even noticed', async () => {
    const lease = await stage.locker.acquire('k');
    stage.clock.jumpWall(-HOUR);
    lease.assertHeld();
    await stage.clock.advance(60_000);
    expect(lease.state).toBe('held');
  });

  test('a difference within the margin is no doubt', async () => {
    const lease = await stage.locker.acquire('k');
    stage.clock.jumpWall(LEASE.margin);
    lease.assertHeld();
    expect(lease.state).toBe('held');
    expect(stage.store.count('renew')).toBe(0);
  });

  test('F09: a machine that slept past its lease learns from the store that the key has gone to another', async () => {
    const real = new MemoryBackend(stage.clock);
    const laptop = new FakeClock();
    const mine = new Locker(new FaultyStore(laptop, real), { clock: laptop });
    const lease = await mine.acquire('k');
    laptop.sleep(60_000);
    stage.clock.block(60_000);
    const next = await new Locker(new FaultyStore(stage.clock, real), { clock: stage.clock }).acquire('k');
    expect(() => {
      lease.assertHeld();
    }).toThrow(LockLostError);
    await stage.settle();
    expect(lease.signal.reason).toMatchObject({ reason: 'taken' });
    expect(next.token).toBeGreaterThan(lease.token);
    expect(await mine.tryAcquire('k')).toBeUndefined();
  });

  test('F09: nobody begins on a grant before whose answer the machine slept past its end', async () => {
    const laptop = new FakeClock();
    const store = new FaultyStore(laptop, new MemoryBackend(stage.clock));
    store.next.acquire = [answeredAfter(200)];
    const mine = watch(new Locker(store, { clock: laptop }).acquire('k', { wait: '1m' }));
    await laptop.advance(100);
    laptop.sleep(60_000);
    stage.clock.block(60_000);
    const other = new Locker(new FaultyStore(stage.clock, store.real), { clock: stage.clock });
    const theirs = await other.acquire('k');
    await laptop.advance(100);
    expect(mine.state).toBe('pending');
    theirs.assertHeld();
    await theirs.release();
    await laptop.advance(1_000);
    expect(mine.value?.token).toBeGreaterThan(theirs.token);
    mine.value?.assertHeld();
  });

  test('F09: a nap that leaves enough of the lease is verified, and work goes on meanwhile', async () => {
    const lease = await stage.locker.acquire('k');
    stage.clock.sleep(2_000);
    lease.assertHeld();
    expect(lease.state).toBe('suspect');
    await stage.settle();
    expect(lease.state).toBe('held');
    expect(stage.store.count('renew')).toBe(1);
  });

  test('a verification that hangs is given up like every renewal, and repeated', async () => {
    const lease = await stage.locker.acquire('k');
    stage.store.next.renew = [blackhole];
    stage.clock.jumpWall(HOUR);
    expect(() => {
      lease.assertHeld();
    }).toThrow(LockLostError);
    await stage.clock.advance(LEASE.ms / 6 + LEASE.ms / 30);
    expect(stage.store.count('renew')).toBe(2);
    lease.assertHeld();
  });

  test('a doubtful hold is not handed over', async () => {
    const { locker, clock } = stage;
    const first = await locker.acquire('k');
    const second = locker.acquire('k');
    clock.jumpWall(HOUR);
    await first.release();
    await second;
    expect(stage.store.count('acquire')).toBe(2);
  });
});
