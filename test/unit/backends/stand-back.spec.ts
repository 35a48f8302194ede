import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { StandBack } from '../../../lib/backends/redis/quorum/stand-back.js';

describe('standing back from a key', () => {
  async function passes(standBack: StandBack, key: string): Promise<'at once' | 'later'> {
    return await Promise.race([
      standBack.pass(key).then(() => 'at once' as const),
      setImmediate().then(() => 'later' as const),
    ]);
  }

  it('lets others try after the process has had the key for a while, in one go or in several', async () => {
    const standBack = new StandBack();
    standBack.released('once', performance.now() - 30);
    const onceAt = performance.now();
    await standBack.pass('once');
    // A timer may fire within the ms before it is due.
    expect(performance.now() - onceAt).toBeGreaterThan(2.5);

    const began = performance.now();
    standBack.released('key', began - 14);
    await sleep(14);
    standBack.released('key', began + 1);
    const releasedAt = performance.now();
    await standBack.pass('key');
    expect(performance.now() - releasedAt).toBeGreaterThan(2.5);
    expect(await passes(standBack, 'key')).toBe('at once');
  });

  it('costs nothing else', async () => {
    const standBack = new StandBack();
    expect(await passes(standBack, 'new')).toBe('at once');
    standBack.released('short', performance.now());
    expect(await passes(standBack, 'short')).toBe('at once');
    standBack.released('long', performance.now() - 1_000);
    expect(await passes(standBack, 'other')).toBe('at once');
    await sleep(8);
    expect(await passes(standBack, 'long')).toBe('at once');
  });
});
