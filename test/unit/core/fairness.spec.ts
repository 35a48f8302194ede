import { FaultyStore } from './support/faulty-store.js';
import { Locker } from '../../../lib/core/index.js';
import { Stage } from './support/stage.js';

describe('two processes on one key', () => {
  /** Wants the key again as soon as it has given it back, until `stop`. */
  async function saturate(
    stage: Stage,
    locker: Locker,
    workers: number,
    until: number,
    got: () => void,
  ): Promise<void> {
    const worker = async (): Promise<void> => {
      while (stage.clock.mono() < until) {
        await locker.using('k', { wait: '1h' }, async () => {
          got();
          await new Promise<void>((resolve) => stage.clock.setTimer(resolve, 1));
        });
      }
    };
    await Promise.all(Array.from({ length: workers }, worker));
  }

  test('2.6: 100 callers here leave the single one there at least one grant a second', async () => {
    const stage = new Stage();
    const there = new FaultyStore(stage.clock, stage.real);
    const counts = { here: 0, there: 0 };
    const until = 10_000;
    const all = Promise.all([
      saturate(stage, stage.locker, 100, until, () => counts.here++),
      saturate(stage, new Locker(there, { clock: stage.clock }), 1, until, () => counts.there++),
    ]);
    await stage.clock.advance(until + 2_000);
    await all;
    expect(counts.there).toBeGreaterThanOrEqual(10);
    expect(counts.here).toBeGreaterThan(2_000);
  });
});
