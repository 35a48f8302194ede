import { renewTimeoutMs } from '../../../lib/core/index.js';
import { answeredAfter, blackhole, type Fault, fails } from './support/faulty-store.js';
import { LEASE, listenForWarnings, NOTHING, Stage } from './support/stage.js';

describe('renewal', () => {
  let stage: Stage;
  beforeEach(() => (stage = new Stage()));

  const renewals = (): number[] => stage.store.calls.filter((c) => c.operation === 'renew').map((c) => c.at);

  test('happens every third of the lease, for as long as it is held', async () => {
    const lease = await stage.locker.acquire('k');
    await stage.clock.advance(10 * LEASE.ms);
    expect(lease.state).toBe('held');
    const pauses = renewals().map((at, i, all) => at - (all[i - 1] ?? 0));
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual((LEASE.ms / 3) * 0.9);
    expect(Math.max(...pauses)).toBeLessThanOrEqual((LEASE.ms / 3) * 1.1 + 5);
    expect(new Set(pauses).size).toBeGreaterThan(5);
  });

  test('R01: one that fails is repeated; the lease is suspect and then held again', async () => {
    const lease = await stage.locker.acquire('k');
    stage.store.next.renew = [fails(new Error('cut')), fails(new Error('cut'))];
    await stage.clock.advance((LEASE.ms / 3) * 1.1 + 5);
    expect(lease.state).toBe('suspect');
    lease.assertHeld();
    await stage.clock.advance(LEASE.ms / 10 + 5);
    expect(lease.state).toBe('held');
    await stage.clock.advance(5 * LEASE.ms);
    expect(lease.state).toBe('held');
  });

  test('R01: one that hangs is given up after a sixth of the lease and repeated while time is left', async () => {
    const lease = await stage.locker.acquire('k');
    stage.store.next.renew = [blackhole];
    await stage.clock.advance((LEASE.ms / 3) * 1.1 + renewTimeoutMs(LEASE.ms) + LEASE.ms / 30 + 10);
    expect(renewals()).toHaveLength(2);
    expect(renewals()[1]! - renewals()[0]!).toBeGreaterThanOrEqual(renewTimeoutMs(LEASE.ms));
    expect(lease.state).toBe('held');
  });

  test('one that was given up and fails later does not disturb the one after it', async () => {
    const lease = await stage.locker.acquire('k');
    const failsAfter: Fault = async (_, clock) => {
      await new Promise<void>((resolve) => clock.setTimer(resolve, 2_200));
      throw new Error('cut');
    };
    stage.store.next.renew = [failsAfter];
    stage.store.always.renew = answeredAfter(1_000);
    while (renewals().length === 0) await stage.clock.advance(5);
    await stage.clock.advance(2_995);
    expect(renewals()).toHaveLength(2);
    await stage.clock.advance(20);
    expect(lease.state).toBe('held');
    expect(renewals()).toHaveLength(2);
  });

  test('is tried at least three times before the lease is given up, whether it hangs or fails', async () => {
    for (const fault of [blackhole, fails(new Error('down'))]) {
      stage = new Stage();
      stage.store.always.renew = fault;
      await stage.locker.acquire('k');
      await stage.clock.advance(60_000);
      expect(renewals().length).toBeGreaterThanOrEqual(3);
      expect(renewals().length).toBeLessThanOrEqual(8);
      expect(Math.max(...renewals())).toBeLessThan(LEASE.safe);
    }
  });

  test('R13: a renewal that rejects, throws or never settles is nobody else’s trouble', async () => {
    const warnings = listenForWarnings();
    stage.store.next.renew = [
      fails(new Error('cut')),
      () => Promise.reject(new Error('cut')),
      () => {
        throw 'not even an Error';
      },
    ];
    const lease = await stage.locker.acquire('k');
    await stage.clock.advance(LEASE.ms * 3);
    expect(lease.state).toBe('held');
    stage.store.always.renew = fails(undefined);
    await stage.clock.advance(LEASE.ms * 3);
    expect(lease.state).toBe('lost');
    warnings.stop();
    expect(warnings.seen).toEqual([]);
    await lease.release();
    expect(await stage.freeToken('k')).toBeDefined();
    expect(await stage.residue()).toEqual(NOTHING);
  });

  test('one timer looks after all holds, and after none when nothing is held', async () => {
    const leases = await Promise.all(Array.from({ length: 500 }, (_, i) => stage.locker.acquire(`k${String(i)}`)));
    expect(stage.clock.pendingTimers).toBe(1);
    await stage.clock.advance(3 * LEASE.ms);
    expect(leases.every((lease) => lease.state === 'held')).toBe(true);
    expect(stage.clock.pendingTimers).toBe(1);
    await Promise.all(leases.map((lease) => lease.release()));
    expect(await stage.residue()).toEqual(NOTHING);
  });
});
