import { LeaseSet, LockKeyError, LockUsageError } from '../../../lib/core/index.js';
import { blackhole, fails } from './support/faulty-store.js';
import { failure, LEASE, NOTHING, Stage, watch } from './support/stage.js';

describe('several keys', () => {
  let stage: Stage;
  beforeEach(() => (stage = new Stage()));
  const keysOf = (operation: string): string[] =>
    stage.store.calls.filter((call) => call.operation === operation).map((call) => call.key);

  test('are taken in the order of their bytes, once each, and given back in reverse', async () => {
    const set = await stage.locker.acquire(['z', 'ä', 'a', 'Z', 'z', '\u{1F600}', '\uFF5E']);
    const order = ['Z', 'a', 'z', 'ä', '\uFF5E', '\u{1F600}'];
    expect(keysOf('acquire')).toEqual(order);
    expect(set.leases.map((lease) => lease.key)).toEqual(order);
    expect(set.of('ä').token).toBeGreaterThan(0n);
    expect(() => set.of('b')).toThrow(LockUsageError);
    expect('token' in set).toBe(false);
    expect(await set.release()).toEqual({ released: true });
    expect(keysOf('release')).toEqual(order.toReversed());
    expect(await stage.residue()).toEqual(NOTHING);
  });

  test('a list of one is a set; an empty list is a mistake', async () => {
    await using set = await stage.locker.acquire(['a']);
    expect(set).toBeInstanceOf(LeaseSet);
    expect(await failure(stage.locker.acquire([]))).toBeInstanceOf(LockUsageError);
    expect(await failure(stage.locker.using([], () => undefined))).toBeInstanceOf(LockUsageError);
  });

  test('every key is checked before any is taken', async () => {
    for (const bad of ['', 'a\0', '\uD800', 42, undefined, null, {}, ['b'], 'x'.repeat(513)]) {
      expect(await failure(stage.locker.acquire(['a', bad as string]))).toBeInstanceOf(LockKeyError);
    }
    for (const bad of [42, undefined, null, {}, Symbol('k'), new Set(['a'])]) {
      expect(await failure(stage.locker.acquire(bad as string))).toBeInstanceOf(LockKeyError);
      expect(await failure(stage.locker.using(bad as string, () => 1))).toBeInstanceOf(LockKeyError);
    }
    expect(stage.store.calls).toEqual([]);
    await stage.locker.close();
  });

  test('share one wait', async () => {
    const [a, b] = [await stage.other().acquire('a'), await stage.other().acquire('b')];
    const waiting = watch(stage.locker.acquire(['a', 'b'], { wait: '1s' }));
    await stage.clock.advance(800);
    await a.release();
    await stage.clock.advance(199);
    expect(waiting.state).toBe('pending');
    await stage.clock.advance(60);
    expect(waiting.error).toMatchObject({ code: 'LOCK_TIMEOUT', key: 'b' });
    expect(await stage.freeToken('a')).toBeDefined();
    b.assertHeld();
  });

  test('busy means busy: those taken before it go back', async () => {
    await stage.other().acquire('b');
    expect(await stage.locker.tryAcquire(['a', 'b', 'c'])).toBeUndefined();
    expect(keysOf('acquire')).toEqual(['a', 'b']);
    expect(await stage.freeToken('a')).toBeDefined();
    expect(stage.locker.counts()).toEqual({ held: 0, waiting: 0 });
    const skipped = await stage.locker.using(['a', 'b'], { wait: 0, onBusy: 'skip' }, () => 'never');
    expect(skipped).toBeUndefined();
  });

  test('a store that fails in the middle: those taken before go back, and the error is the store’s', async () => {
    stage.store.next.acquire = [undefined, undefined, fails(new Error('boom'))];
    expect(await failure(stage.locker.acquire(['a', 'b', 'c']))).toMatchObject({ code: 'LOCK_BACKEND', key: 'c' });
    expect(keysOf('release')).toEqual(['b', 'a']);
    expect(await stage.residue()).toEqual(NOTHING);
  });

  test('the loss of one aborts all', async () => {
    const set = await stage.locker.acquire(['a', 'b']);
    stage.store.always.renew = (apply) =>
      stage.store.calls.at(-1)?.key === 'b' ? blackhole(apply, stage.clock) : apply();
    const { signal } = set;
    await stage.clock.advance(LEASE.safe);
    expect(signal.aborted).toBe(true);
    expect(signal.reason).toMatchObject({ code: 'LOCK_LOST', key: 'b' });
    expect(() => {
      set.assertHeld();
    }).toThrow(expect.objectContaining({ code: 'LOCK_LOST' }));
    set.of('a').assertHeld();
    expect(await set.release()).toEqual({ released: false, reason: 'expired' });
    expect(await stage.freeToken('a')).toBeDefined();
  });

  test('one that is lost while another is still being waited for: no set, and the rest goes back', async () => {
    const theirs = await stage.other().acquire('b');
    stage.store.always.renew = blackhole;
    const waiting = watch(stage.locker.acquire(['a', 'b'], { wait: '1h' }));
    await stage.clock.advance(LEASE.ms);
    await theirs.release();
    await stage.settle();
    expect(waiting.error).toMatchObject({ code: 'LOCK_LOST', key: 'a' });
    expect(await stage.freeToken('b')).toBeDefined();
  });

  test('using: a loss of any is told after the work', async () => {
    const error = await failure(stage.locker.using(['a', 'b'], () => (stage.clock.block(LEASE.ms), 7n)));
    expect(error).toMatchObject({ code: 'LOCK_LOST', completed: true, result: 7n });
  });

  test('two transfers in opposite directions do not deadlock', async () => {
    const other = stage.other();
    const transfer = (locker: typeof other, from: string, to: string) =>
      locker.using([from, to], { wait: '1h' }, () => stage.settle());
    const all = watch(
      Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          i % 2 === 0 ? transfer(stage.locker, 'a', 'b') : transfer(other, 'b', 'a'),
        ),
      ),
    );
    for (let i = 0; i < 1_000 && all.state === 'pending'; i++) await stage.clock.advance(5);
    expect(all.state).toBe('done');
  });

  test('those that the running work holds already are joined, the others are taken', async () => {
    const { locker } = stage;
    await locker.using('b', async (b) => {
      await locker.using(['a', 'b', 'c'], (set) => {
        expect(set.of('b').token).toBe(b.token);
      });
      b.assertHeld();
    });
    expect(keysOf('acquire')).toEqual(['b', 'a', 'c']);
    expect(keysOf('release')).toEqual(['c', 'a', 'b']);
    expect(await stage.residue()).toEqual(NOTHING);
  });
});
