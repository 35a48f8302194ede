import type { CallOptions, Lease } from '../../../lib/core/index.js';
import { arrivesAfter, blackhole } from './support/faulty-store.js';
import { gate, LEASE, NOTHING, Stage, watch } from './support/stage.js';

describe('hand-over', () => {
  let stage: Stage;
  beforeEach(() => (stage = new Stage()));

  /** Callers of one process who come at once and hold the key for `holdMs` each; the tokens they got, in order. */
  async function queue(count: number, options: CallOptions = {}, holdMs = 0): Promise<bigint[]> {
    const tokens: bigint[] = [];
    const work = async (lease: Lease): Promise<void> => {
      tokens.push(lease.token);
      if (holdMs > 0) await new Promise<void>((resolve) => stage.clock.setTimer(resolve, holdMs));
    };
    const all = watch(Promise.all(Array.from({ length: count }, () => stage.locker.using('k', options, work))));
    await stage.clock.advance(count * holdMs + 10);
    expect(all.state).toBe('done');
    return tokens;
  }

  function growing(tokens: readonly bigint[]): boolean {
    return tokens.every((token, i) => i === 0 || token > tokens[i - 1]!);
  }

  test('passes a hold from turn to turn without asking the store, with a larger token each', async () => {
    const tokens = await queue(64);
    expect(stage.store.calls.map((call) => call.operation)).toEqual(['acquire', 'release']);
    expect(tokens.map((token) => token - tokens[0]!)).toEqual(Array.from({ length: 64 }, (_, i) => BigInt(i)));
  });

  test('ends after its number of turns', async () => {
    const tokens = await queue(10, { handOver: { turns: 4 } });
    expect(stage.store.count('acquire')).toBe(3);
    expect(growing(tokens)).toBe(true);
  });

  test('ends after its time', async () => {
    const tokens = await queue(9, { handOver: { time: 25 } }, 10);
    // Turns begin at 0, 10 and 20 ms; the fourth would begin at 30.
    expect(stage.store.count('acquire')).toBe(3);
    expect(growing(tokens)).toBe(true);
  });

  test('switched off, every turn goes through the store, whoever asks for it', async () => {
    const tokens = await queue(5, { handOver: false });
    expect(stage.store.count('acquire')).toBe(5);
    expect(growing(tokens)).toBe(true);
    const first = await stage.locker.acquire('k');
    const second = stage.locker.acquire('k', { handOver: false });
    await first.release();
    await (await second).release();
    expect(stage.store.count('acquire')).toBe(7);
  });

  test('ends when less than half of the lease is left', async () => {
    for (const [heldMs, acquires] of [
      [4_900, 1],
      [4_901, 2],
    ] as const) {
      stage = new Stage({ handOver: { time: '1h' } });
      stage.store.always.renew = blackhole;
      const first = await stage.locker.acquire('k');
      const second = watch(stage.locker.acquire('k'));
      stage.clock.block(heldMs);
      await first.release();
      await stage.clock.advance(5);
      expect(second.value?.remainingMs).toBe(LEASE.safe - 5 - (acquires === 1 ? heldMs : 0));
      expect(stage.store.count('acquire')).toBe(acquires);
    }
  });

  test('a turn that wants another length of lease gets one from the store', async () => {
    const first = await stage.locker.acquire('k');
    const second = stage.locker.acquire('k', { lease: '2s' });
    await first.release();
    expect((await second).remainingMs).toBe(2_000 - 20 - 200);
    expect(stage.store.count('acquire')).toBe(2);
  });

  test('a hold that may have been outlived by a sleep is not passed on, whoever notices first', async () => {
    for (const asleepMs of [2_000, 3_600_000]) {
      stage = new Stage();
      await stage.locker.acquire('k', { maxHold: 20 });
      const next = watch(stage.locker.acquire('k'));
      stage.clock.sleep(asleepMs);
      await stage.clock.advance(20);
      expect(next.state).toBe('done');
      expect(stage.store.count('acquire')).toBe(2);
    }
  });

  test('a store that carries more tokens than it was asked for does not prolong it', async () => {
    const { acquire } = stage.store;
    stage.store.acquire = async (request) => await acquire.call(stage.store, { ...request, turns: 100 });
    await queue(5, { handOver: { turns: 2 } });
    expect(stage.store.count('acquire')).toBe(3);
  });

  test('whoever comes while the key is on its way back asks the store when it has arrived', async () => {
    stage.store.next.release = [arrivesAfter(100)];
    const first = await stage.locker.acquire('k');
    void first.release();
    const second = watch(stage.locker.acquire('k'));
    await stage.clock.advance(99);
    expect([second.state, stage.store.count('acquire')]).toEqual(['pending', 1]);
    await stage.clock.advance(1);
    expect([second.state, stage.store.count('acquire')]).toEqual(['done', 2]);
  });

  test('a store that carries few tokens ends it sooner', async () => {
    Object.assign(stage.store, { maxTurns: 1 });
    await queue(3);
    expect(stage.store.count('acquire')).toBe(3);
  });

  test('a second, late release of an earlier turn never reaches the hold', async () => {
    const first = await stage.locker.acquire('k');
    const waiting = stage.locker.acquire('k');
    await first.release();
    const second = await waiting;
    expect(await first.release()).toEqual({ released: true });
    await stage.settle();
    expect(stage.store.count('release')).toBe(0);
    second.assertHeld();
    expect(await stage.other().tryAcquire('k')).toBeUndefined();
    expect(first.state).toBe('released');
    expect(second.token).toBe(first.token + 1n);
  });

  test('a loss reaches the turn at work and none before it', async () => {
    const first = await stage.locker.acquire('k');
    const waiting = stage.locker.acquire('k');
    await first.release();
    const second = await waiting;
    stage.store.always.renew = blackhole;
    await stage.clock.advance(LEASE.ms);
    expect([first.state, first.signal.aborted]).toEqual(['released', false]);
    expect([second.state, second.signal.aborted]).toEqual(['lost', true]);
  });

  test('a lost turn frees the line at once, not when its function settles', async () => {
    const forever = gate();
    const stuck = watch(stage.locker.using('k', () => forever.opened));
    const next = watch(stage.locker.acquire('k'));
    stage.store.always.renew = blackhole;
    await stage.clock.advance(LEASE.ms + 10);
    expect(next.value?.state).toBe('held');
    expect(stuck.state).toBe('pending');
    forever.open();
    await stage.settle();
    expect(stuck.error).toMatchObject({ code: 'LOCK_LOST', completed: true });
    next.value!.assertHeld();
  });

  test('F65: maxHold takes the key from a function that never settles, and the next turn gets the same hold', async () => {
    const stuck = await stage.locker.acquire('k', { maxHold: '20ms' });
    const next = watch(stage.locker.acquire('k'));
    await stage.clock.advance(20);
    expect(stuck.signal.reason).toMatchObject({ reason: 'maxHold' });
    expect(next.value?.token).toBe(stuck.token + 1n);
    expect(stage.store.count('acquire')).toBe(1);
    expect(await stuck.release()).toEqual({ released: false, reason: 'maxHold' });
    next.value!.assertHeld();
  });

  test('maxHold leaves no timer behind', async () => {
    await stage.locker.using('k', { maxHold: '1h' }, () => undefined);
    expect(await stage.residue()).toEqual(NOTHING);
  });

  test('F65: maxHold counts from the turn’s own grant, and a stuck function is no longer renewed', async () => {
    const first = await stage.locker.acquire('k', { maxHold: '20ms' });
    const waiting = stage.locker.acquire('k', { maxHold: '20ms' });
    await stage.clock.advance(15);
    await first.release();
    const second = await waiting;
    await stage.clock.advance(19);
    expect(second.state).toBe('held');
    await stage.clock.advance(1);
    expect(second.state).toBe('lost');
    expect(await stage.residue()).toEqual(NOTHING);
    expect(stage.store.count('renew')).toBe(0);
  });

  test('minHold keeps the key away from everybody after the work, from the grant on', async () => {
    const done = watch(stage.locker.using('k', { minHold: '1m' }, () => 'ticked'));
    await stage.clock.advance(10);
    expect(done.value).toBe('ticked');
    expect(await stage.locker.tryAcquire('k')).toBeUndefined();
    const waiting = watch(stage.other().acquire('k', { wait: '2m' }));
    await stage.clock.advance(59_989);
    expect(await stage.locker.tryAcquire('k')).toBeUndefined();
    expect(waiting.state).toBe('pending');
    await stage.clock.advance(20);
    expect(waiting.state).toBe('done');
  });

  test('minHold is no pause when the work took longer, and keeps waiting turns of the same process out too', async () => {
    const lease = await stage.locker.acquire('k', { minHold: 20 });
    const next = watch(stage.locker.acquire('k'));
    await stage.clock.advance(5);
    await lease.release();
    await stage.clock.advance(14);
    expect(next.state).toBe('pending');
    await stage.clock.advance(3);
    expect(next.state).toBe('done');
    await next.value!.release();

    const long = await stage.locker.acquire('k', { minHold: 20 });
    const after = watch(stage.locker.acquire('k'));
    await stage.clock.advance(21);
    await long.release();
    await stage.settle();
    expect(after.state).toBe('done');
  });
});
