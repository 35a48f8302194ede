import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isLockError } from '../../lib/core/errors.js';
import { askUntil } from '../support/ask-until.js';
import { ZookeeperStage } from './zookeeper.stage.js';

const SESSION_MS = 6_000;
const KEYS = Array.from({ length: 100 }, (_, n) => `order-${String(n)}`);
const PROCESSES = 3;
const CALLERS = { aborted: 50, served: 25, killed: 25 };
const OPTIONS = { lease: 10_000, wait: 120_000 };

/** After a collection, which V8 does on demand only when told by a flag. */
function heapUsed(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  return process.memoryUsage().heapUsed;
}

/** F60: half of those who wait give up, half of the rest die. */
describe('zookeeper: 10,000 waiters on 100 keys', () => {
  let stage: ZookeeperStage;

  beforeAll(async () => {
    stage = await ZookeeperStage.start(SESSION_MS);
  }, 120_000);
  afterAll(() => stage.stop());

  async function crowd(): Promise<{ served: number; aborted: number; watches: number }> {
    const [holder, survivor] = [stage.locker(), stage.locker()];
    const held = await Promise.all(KEYS.map((key) => holder.acquire(key, OPTIONS)));
    const dying = await stage.contender();
    await Promise.all(KEYS.map((key) => dying.waitInLine(key, CALLERS.killed, OPTIONS)));
    let [served, aborted] = [0, 0];
    const waiting = KEYS.flatMap((key) => {
      const leaving = new AbortController();
      const crew = (size: number, signal?: AbortSignal) =>
        Array.from({ length: size }, () =>
          survivor.using(key, { ...OPTIONS, ...(signal && { signal }) }, () => Promise.resolve(served++)),
        );
      return [{ leaving, all: [...crew(CALLERS.aborted, leaving.signal), ...crew(CALLERS.served)] }];
    });
    const all = waiting.flatMap((one) =>
      one.all.map((asked) =>
        asked.catch((error: unknown) => {
          if (!isLockError(error) || error.code !== 'LOCK_ABORTED') throw error;
          aborted++;
        }),
      ),
    );
    await askUntil('all of them wait', async () => (await stage.lockNodes()).length === PROCESSES * KEYS.length);
    const watches = await stage.watches();
    for (const { leaving } of waiting) leaving.abort();
    await dying.kill();
    await Promise.all(held.map((lease) => lease.release()));
    await Promise.all(all);
    return { served, aborted, watches };
  }

  it('the rest are served, with watches by the key, and nothing is left of all', async () => {
    await crowd();
    const before = heapUsed();
    const { served, aborted, watches } = await crowd();
    expect(served).toBe(KEYS.length * CALLERS.served);
    expect(aborted).toBe(KEYS.length * CALLERS.aborted);
    expect(watches).toBeLessThanOrEqual(PROCESSES * KEYS.length + PROCESSES);
    expect(await stage.lockNodes()).toEqual([]);
    await askUntil('memory is back', () => Promise.resolve(heapUsed() < 1.1 * before));
  }, 180_000);
});
