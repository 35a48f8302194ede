import type { AcquireRequest, Hold } from '../../../lib/core/backend.js';
import { LockBackendError, Locker } from '../../../lib/core/index.js';
import { blackhole, fails, FaultyStore } from './support/faulty-store.js';
import { LEASE, Stage } from './support/stage.js';

const SHORT_MS = 1_000;

/** Grants for a moment only, whatever was asked for: as a grant that came by message, until it has been confirmed. */
class ShortStore extends FaultyStore {
  protected override wrap(hold: Hold, request: AcquireRequest): Hold {
    const deadline = this.clock.mono() + SHORT_MS - 10;
    return { ...super.wrap(hold, request), deadline, grantedMs: SHORT_MS };
  }
}

describe('a grant that is shorter than what was asked for', () => {
  let stage: Stage;
  let store: ShortStore;
  let locker: Locker;
  beforeEach(() => {
    stage = new Stage();
    store = new ShortStore(stage.clock, stage.real);
    locker = new Locker(store, { clock: stage.clock });
  });

  test('is good at once, renewed at once, and then as long as any other', async () => {
    const lease = await locker.acquire('k');
    lease.assertHeld();
    expect(store.count('renew')).toBe(0);
    await stage.clock.advance(1);
    expect(store.count('renew')).toBe(1);
    await stage.clock.advance(SHORT_MS);
    lease.assertHeld();
    expect(store.count('renew')).toBe(1);
    await stage.clock.advance(LEASE.ms / 2);
    expect([lease.state, store.count('renew')]).toEqual(['held', 2]);
  });

  test('is passed on meanwhile, and not renewed if it goes back before', async () => {
    const [first, second] = [locker.acquire('k'), locker.acquire('k')];
    await (await first).release();
    const lease = await second;
    expect(store.count('acquire')).toBe(1);
    await lease.release();
    await stage.clock.advance(SHORT_MS);
    expect(store.count('renew')).toBe(0);
  });

  test('is lost, in time, where it cannot be confirmed', async () => {
    store.always.renew = blackhole;
    const lease = await locker.acquire('k');
    const end = stage.clock.mono() + SHORT_MS;
    let toldAt = 0;
    lease.signal.addEventListener('abort', () => (toldAt = stage.clock.mono()));
    await stage.clock.advance(2 * SHORT_MS);
    expect(toldAt).toBeGreaterThan(0);
    expect(toldAt).toBeLessThan(end - 50);
  });

  test('is confirmed at the next try, within its short life, whatever the length of the lease', async () => {
    store.next.renew = [fails(new LockBackendError('no replica', { outcome: 'not-applied', transient: true }))];
    const lease = await locker.acquire('k', { lease: '10m' });
    await stage.clock.advance(1);
    expect([lease.state, store.count('renew')]).toEqual(['suspect', 1]);
    await stage.clock.advance(SHORT_MS / 30);
    expect([lease.state, store.count('renew')]).toEqual(['held', 2]);
    await stage.clock.advance(2 * SHORT_MS);
    lease.assertHeld();
  });

  test('is confirmed at the next try where the first is not answered', async () => {
    store.next.renew = [blackhole];
    const lease = await locker.acquire('k', { lease: '10m' });
    await stage.clock.advance(2 * SHORT_MS);
    expect(store.count('renew')).toBe(2);
    lease.assertHeld();
  });

  test('is lost at once where the store denies it', async () => {
    store.next.renew = [() => Promise.resolve(false as never)];
    const lease = await locker.acquire('k');
    await stage.clock.advance(1);
    expect(lease.signal.reason).toMatchObject({ code: 'LOCK_LOST', reason: 'taken' });
  });
});
