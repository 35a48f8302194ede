import { type Engine, SqlStage } from '../backends/sql.stage.js';
import { askUntil } from '../support/ask-until.js';

/** F40: the server dies as in a power cut, and comes back with its data. */
describe.each<Engine>(['postgres', 'mariadb'])('%s: kill -9 of the server and a restart', (engine) => {
  let stage: SqlStage;

  beforeEach(async () => {
    stage = await SqlStage.start(engine);
  }, 120_000);

  afterEach(() => stage.stop());

  it('leaves holders their leases, tokens their order, and waiters their turn', async () => {
    const [holder, waiter] = [stage.locker(), stage.locker()];
    const lease = await holder.acquire('order', { lease: 20_000 });
    const waiting = waiter.acquire('order', { lease: 20_000, wait: 20_000 });
    await stage.untilAwaited('order');
    await stage.server.kill();
    expect(await waiter.tryAcquire('other').catch((error: unknown) => error)).toMatchObject({ code: 'LOCK_BACKEND' });
    await stage.server.restart('kept');
    lease.assertHeld();
    expect(await stage.tokenOf('order')).toBe(lease.token);
    expect(await lease.release()).toEqual({ released: true });
    // A waiter gives up with the store when that is away for longer than a call may last.
    const next = await waiting.catch(() => waiter.acquire('order'));
    expect(next.token).toBeGreaterThan(lease.token);
    expect(await next.release()).toEqual({ released: true });
  }, 60_000);

  it('a lease that ended meanwhile is lost, and the store is there for whoever comes', async () => {
    const locker = stage.locker();
    const lease = await locker.acquire('order', { lease: 500 });
    const lost = new Promise((resolve) => lease.signal.addEventListener('abort', resolve, { once: true }));
    await stage.server.kill();
    await lost;
    expect(lease.signal.reason).toMatchObject({ code: 'LOCK_LOST', reason: 'expired' });
    await stage.server.restart('kept');
    await askUntil('it grants again', async () => {
      const next = await locker.tryAcquire('order');
      if (next) expect(next.token).toBeGreaterThan(lease.token);
      await next?.release();
      return next !== undefined;
    });
  }, 60_000);
});
