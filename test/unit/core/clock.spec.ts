import { MemoryBackend } from '../../../lib/backends/memory/index.js';
import { Locker, systemClock } from '../../../lib/core/index.js';
import { listenForWarnings, Stage } from './support/stage.js';

const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

describe('the clock of the machine', () => {
  test('R30: a timer beyond 2^31 − 1 ms does not fire at once', async () => {
    const warnings = listenForWarnings();
    let fired = false;
    const timer = systemClock.setTimer(() => (fired = true), 2 ** 40);
    await new Promise((resolve) => setTimeout(resolve, 20));
    timer.cancel();
    warnings.stop();
    expect([fired, warnings.seen]).toEqual([false, []]);
  });

  test('R30: the longest lease is renewed three times in its length, not in a hot loop', async () => {
    const stage = new Stage();
    await stage.locker.acquire('k', { lease: '24h' });
    await stage.clock.advance(86_400_000);
    expect(stage.store.count('renew')).toBeLessThanOrEqual(4);
  });

  test('R28: neither a lease nor what is left of one keeps the process alive; a waiting caller does', async () => {
    const before = timers();
    const store = new MemoryBackend();
    const locker = new Locker(store);
    const lease = await locker.acquire('k', { maxHold: '1m' });
    expect(timers()).toBe(before);
    const controller = new AbortController();
    const waiting = locker.acquire('k', { signal: controller.signal });
    expect(timers()).toBe(before + 1);
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'LOCK_ABORTED' });
    expect(timers()).toBe(before);
    await lease.release();
    await locker.close();
    expect(timers()).toBe(before);
  });
});
