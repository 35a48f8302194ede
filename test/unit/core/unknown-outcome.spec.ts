import { LockBackendError } from '../../../lib/core/index.js';
import { answeredAfter, appliedButFails, arrivesAfter, blackhole, fails, replyLost } from './support/faulty-store.js';
import { failure, LEASE, listenForWarnings, NOTHING, Stage, watch } from './support/stage.js';

const cut = (): LockBackendError => new LockBackendError('cut', { outcome: 'unknown', transient: true });

describe('outcomes that nobody knows', () => {
  let stage: Stage;
  let warnings: ReturnType<typeof listenForWarnings>;
  beforeEach(() => {
    stage = new Stage();
    warnings = listenForWarnings();
  });
  afterEach(() => {
    warnings.stop();
    expect(warnings.seen).toEqual([]);
  });

  test('F21: an acquire without an answer ends with outcome unknown after the operation’s bound', async () => {
    stage.store.always.acquire = blackhole;
    const waiting = watch(stage.locker.acquire('k'));
    await stage.clock.advance(2_000);
    expect(waiting.error).toMatchObject({ code: 'LOCK_BACKEND', outcome: 'unknown' });
    expect(await stage.residue()).toEqual(NOTHING);
  });

  test('F22, R07: an acquire that was applied and whose answer is lost is given back', async () => {
    stage.store.next.acquire = [replyLost];
    const waiting = watch(stage.locker.tryAcquire('k'));
    await stage.settle();
    expect(await stage.freeToken('k')).toBeUndefined();
    await stage.clock.advance(2_000);
    expect(waiting.state).toBe('failed');
    expect(await stage.freeToken('k')).toBeDefined();
  });

  test('F22: what may have been granted is taken back however long the store is away', async () => {
    stage.store.next.acquire = [replyLost];
    stage.store.always.abandon = fails(cut());
    const waiting = watch(stage.locker.tryAcquire('k', { lease: '1h' }));
    await stage.clock.advance(60_000);
    expect(waiting.state).toBe('failed');
    // Again and again, and no storm.
    expect(stage.store.count('abandon')).toBeGreaterThan(10);
    expect(stage.store.count('abandon')).toBeLessThan(30);
    expect(await stage.freeToken('k')).toBeUndefined();
    delete stage.store.always.abandon;
    await stage.clock.advance(5_000);
    expect(await stage.freeToken('k')).toBeDefined();
    expect(await stage.residue()).toEqual(NOTHING);
  });

  test('what may have been granted is taken back until its lease has ended, or once more when all closes', async () => {
    stage.store.always.acquire = replyLost;
    stage.store.always.abandon = fails(cut());
    const ended = watch(stage.locker.tryAcquire('short', { lease: '3s' }));
    await stage.clock.advance(10_000);
    expect(ended.state).toBe('failed');
    const attempts = stage.store.count('abandon');
    await stage.clock.advance(60_000);
    expect(stage.store.count('abandon')).toBe(attempts);
    const open = watch(stage.locker.tryAcquire('long', { lease: '1h' }));
    await stage.clock.advance(60_000);
    expect(open.state).toBe('failed');
    delete stage.store.always.abandon;
    const closed = watch(stage.locker.close());
    await stage.settle();
    expect(await stage.freeToken('long')).toBeDefined();
    // The acquire that was never answered is waited for.
    await stage.clock.advance(2_000);
    expect(closed.state).toBe('done');
  });

  test('F23: a try that is repeated after a lost answer gets the same grant, not a second one', async () => {
    stage.store.next.acquire = [appliedButFails(cut())];
    const waiting = watch(stage.locker.acquire('k'));
    await stage.clock.advance(100);
    const [first, second] = stage.store.calls.filter((call) => call.operation === 'acquire');
    expect(second?.owner).toBe(first?.owner);
    const lease = waiting.value!;
    lease.assertHeld();
    // Minted at the first try, from the store's time in µs.
    expect(lease.token).toBe(BigInt(Date.UTC(2030, 0, 1)) * 1_000n);
  });

  test('R07: the line empties while the outcome of its try is unknown: what may be ours is taken back', async () => {
    stage.store.always.acquire = appliedButFails(cut());
    const controller = new AbortController();
    const waiting = watch(stage.locker.acquire('k', { signal: controller.signal }));
    await stage.clock.advance(10);
    controller.abort();
    await stage.clock.advance(10);
    expect(waiting.state).toBe('failed');
    expect(await stage.freeToken('k')).toBeDefined();
  });

  test('a grant that comes after its bound is given back', async () => {
    stage.store.next.acquire = [arrivesAfter(3_000)];
    const waiting = watch(stage.locker.acquire('k', { lease: '1m' }));
    await stage.clock.advance(2_000);
    expect(waiting.state).toBe('failed');
    await stage.clock.advance(1_000);
    expect(stage.store.count('release')).toBe(1);
    expect(await stage.freeToken('k')).toBeDefined();
  });

  test('two owners never share a name: each hold has its own', async () => {
    for (let i = 0; i < 3; i++) await stage.locker.using('k', () => undefined);
    const owners = stage.store.calls.filter((call) => call.operation === 'acquire').map((call) => call.owner);
    expect(new Set(owners).size).toBe(3);
  });

  test('F24: a release whose answer is lost: the result is returned, and the key is free', async () => {
    stage.store.next.release = [replyLost];
    const done = watch(stage.locker.using('k', () => 'sold'));
    await stage.clock.advance(2_000);
    expect(done.value).toBe('sold');
    await stage.clock.advance(100);
    expect(stage.store.count('release')).toBe(2);
    expect(await stage.residue()).toEqual(NOTHING);
  });

  test('F24: a release that did not arrive is repeated until the key is free, while the lease may live', async () => {
    stage.store.next.release = [fails(cut()), fails(cut()), fails(cut())];
    expect(await stage.locker.using('k', () => 'sold')).toBe('sold');
    expect(await stage.freeToken('k')).toBeUndefined();
    await stage.clock.advance(50 + 100 + 200);
    expect(stage.store.count('release')).toBe(4);
    expect(await stage.freeToken('k')).toBeDefined();
    await stage.clock.advance(LEASE.ms);
    expect(stage.store.count('release')).toBe(4);
  });

  test('F24: a repeated release cannot free the next holder’s key', async () => {
    stage.store.next.release = [appliedButFails(cut()), fails(cut())];
    await stage.locker.using('k', () => 'sold');
    const next = await stage.other().acquire('k');
    await stage.clock.advance(1_000);
    expect(await stage.locker.tryAcquire('k')).toBeUndefined();
    next.assertHeld();
  });

  test('a repeated release keeps the key as long as minHold asked for', async () => {
    stage.store.next.release = [fails(cut())];
    await stage.locker.using('k', { minHold: '5s' }, () => 'ticked');
    await stage.clock.advance(4_999);
    expect(await stage.freeToken('k')).toBeUndefined();
    await stage.clock.advance(2);
    expect(await stage.freeToken('k')).toBeDefined();
  });

  test('a release by hand tells its caller, and asyncDispose tells nobody', async () => {
    stage.store.always.release = fails(new Error('down'));
    const lease = await stage.locker.acquire('k');
    expect(await failure(lease.release())).toMatchObject({ code: 'LOCK_BACKEND', outcome: 'unknown' });
    const other = await stage.locker.acquire('other');
    await other[Symbol.asyncDispose]();
    await stage.clock.advance(60_000);
    expect(stage.clock.pendingTimers).toBe(0);
  });

  test('F05, R12: the user’s own error is thrown unchanged, whatever the release comes to', async () => {
    const mine = new Error('no such order');
    for (const fault of [undefined, fails(new Error('down')), blackhole, fails(undefined)]) {
      stage.store.next.release = [fault];
      const done = watch(
        stage.locker.using('k', () => {
          throw mine;
        }),
      );
      await stage.clock.advance(2_000);
      expect(done.error).toBe(mine);
      await stage.clock.advance(30_000);
    }
  });

  test('F05: the user’s own error wins over a loss', async () => {
    const mine = new Error('no such order');
    const error = await failure(
      stage.locker.using('k', () => {
        stage.clock.block(LEASE.ms);
        throw mine;
      }),
    );
    expect(error).toBe(mine);
  });

  test('onLost: the result is returned although the lease was lost', async () => {
    const result = await stage.locker.using('k', { onLost: 'return' }, () => (stage.clock.block(LEASE.ms), 'sold'));
    expect(result).toBe('sold');
  });

  test('a driver that throws, rejects or answers nonsense at once fails the call and nothing else', async () => {
    const answers = [fails(new Error('boom')), fails('boom'), async () => undefined as never, async () => 7 as never];
    for (const fault of answers) {
      stage.store.next.acquire = [fault];
      expect(await failure(stage.locker.acquire('k'))).toBeInstanceOf(Error);
    }
    await stage.locker.using('k', () => undefined);
    expect(await stage.residue()).toEqual(NOTHING);
  });

  test('an abandon that fails or hangs is nobody’s trouble', async () => {
    for (const fault of [fails(new Error('down')), blackhole]) {
      stage.store.next.acquire = [fails(new Error('boom'))];
      stage.store.next.abandon = [fault];
      await failure(stage.locker.acquire('k'));
      await stage.clock.advance(5_000);
    }
    expect(await stage.residue()).toEqual(NOTHING);
  });

  test('a slow answer below the bounds loses nothing in ten minutes', async () => {
    stage.store.always.renew = answeredAfter(LEASE.ms / 6 - 50);
    const lease = await stage.locker.acquire('k');
    await stage.clock.advance(600_000);
    expect(lease.state).toBe('held');
  });

  test('R18: giving back what may be ours never takes a stranger’s hold', async () => {
    const theirs = await stage.other().acquire('k');
    stage.store.next.acquire = [fails(new Error('boom'))];
    await failure(stage.locker.acquire('k'));
    await stage.settle();
    expect(stage.store.count('abandon')).toBe(1);
    theirs.assertHeld();
    expect(await stage.freeToken('k')).toBeUndefined();
  });
});
