import { askUntil } from '../support/ask-until.js';
import { RedisStage } from './redis.stage.js';

/** F43, behind one address: the socket stays, and whoever answers on it has become a replica. */
describe('redis: the server is demoted', () => {
  let stage: RedisStage;

  beforeEach(async () => {
    stage = await RedisStage.start();
  }, 120_000);

  afterEach(() => stage.stop());

  /** How often somebody has connected so far. */
  async function connections(): Promise<number> {
    return Number(/total_connections_received:(\d+)/.exec(await stage.admin.info('stats'))?.[1]);
  }

  it('the connection is made anew, where another may answer, and locks go on', async () => {
    const locker = stage.locker();
    await locker.using('order', () => undefined);
    const held = await locker.acquire('held');
    const before = await connections();
    // Of nobody: it keeps its data.
    await stage.admin.replicaof('127.0.0.1', '1');
    await expect(locker.tryAcquire('order')).rejects.toMatchObject({ code: 'LOCK_BACKEND', transient: true });
    await askUntil('another connection', async () => (await connections()) > before);
    await stage.admin.replicaof('NO', 'ONE');
    const lease = await locker.acquire('order');
    for (const one of [held, lease]) {
      one.assertHeld();
      expect(await one.release()).toEqual({ released: true });
    }
    expect(await stage.leftovers()).toEqual([]);
  });
});
