import { Watches } from '../../../lib/backends/zookeeper/watches.js';

describe('watches', () => {
  /** The paths of watches that were left at the server. */
  let armed: string[];
  let watches: Watches;
  beforeEach(() => {
    armed = [];
    watches = new Watches((path) => {
      armed.push(path);
      return Promise.resolve(true);
    });
  });

  it('there is one for a path, however many wait for it', () => {
    const told: number[] = [];
    for (const waiter of [1, 2, 3]) watches.add('/a', () => told.push(waiter));
    expect(armed).toHaveLength(1);
    watches.fired('/a', true);
    expect(told).toEqual([1, 2, 3]);
    watches.add('/a', () => undefined);
    expect(armed).toHaveLength(2);
  });

  it('a node that was only written to is watched again, and nobody is told', () => {
    const told: unknown[] = [];
    watches.add('/a', (trouble) => told.push(trouble));
    watches.fired('/a', false);
    expect(armed).toHaveLength(2);
    expect(told).toEqual([]);
    watches.fired('/a', true);
    expect(told).toEqual([undefined]);
  });

  it('one that nobody needs any more serves whoever comes next, and is not renewed', () => {
    watches.add('/a', () => undefined)();
    const told: unknown[] = [];
    const stop = watches.add('/a', (trouble) => told.push(trouble));
    expect(armed).toHaveLength(1);
    stop();
    watches.fired('/a', false);
    expect(armed).toHaveLength(1);
    watches.add('/a', () => undefined);
    expect(armed).toHaveLength(2);
    expect(told).toEqual([]);
  });

  it('their end is told with its reason, once, and also where no watch could be left', async () => {
    const why = new Error('cut');
    const told: unknown[] = [];
    watches.add('/a', (trouble) => told.push(trouble));
    watches.end(why);
    watches.fired('/a', true);
    expect(told).toEqual([why]);
    const none = new Watches(() => Promise.reject(why));
    expect(await new Promise((resolve) => none.add('/b', resolve))).toBe(why);
    const missing = new Watches(() => Promise.resolve(false));
    expect(await new Promise((resolve) => missing.add('/b', resolve))).toBeUndefined();
  });
});
