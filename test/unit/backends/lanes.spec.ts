import { jest } from '@jest/globals';
import { Lanes } from '../../../lib/backends/typeorm/lanes.js';
import { Gate } from '../../nest/gate.js';

describe('lanes to the lock store', () => {
  const gates: Gate[] = [];
  const order: string[] = [];

  beforeEach(() => {
    gates.length = order.length = 0;
  });

  /** Work that has begun when its name stands in `order`, and ends when its gate opens. */
  function start(lanes: Lanes, lane: 'holder' | 'seeker', name: string): { done: Promise<void>; gate: Gate } {
    const gate = new Gate();
    gates.push(gate);
    const done = lanes.run(lane, async () => {
      order.push(name);
      await gate.pass();
    });
    return { done, gate };
  }
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it('keep a connection free for holders, however many seek', async () => {
    const lanes = new Lanes(3, 1_000);
    const seekers = [1, 2, 3, 4].map((n) => start(lanes, 'seeker', `seek ${String(n)}`));
    await settle();
    expect(order).toEqual(['seek 1', 'seek 2']);
    const release = start(lanes, 'holder', 'release');
    await settle();
    expect(order).toEqual(['seek 1', 'seek 2', 'release']);
    for (const { gate } of [release, ...seekers]) gate.open();
    await Promise.all([release, ...seekers].map(({ done }) => done));
    expect(order).toEqual(['seek 1', 'seek 2', 'release', 'seek 3', 'seek 4']);
  });

  it('let holders go first, each lane in order', async () => {
    const lanes = new Lanes(2, 1_000);
    const first = [start(lanes, 'holder', 'renew 1'), start(lanes, 'holder', 'renew 2')];
    const later = [
      start(lanes, 'seeker', 'seek 1'),
      start(lanes, 'seeker', 'seek 2'),
      start(lanes, 'holder', 'release 1'),
      start(lanes, 'holder', 'release 2'),
    ];
    for (const { gate } of [...first, ...later]) gate.open();
    await Promise.all([...first, ...later].map(({ done }) => done));
    expect(order).toEqual(['renew 1', 'renew 2', 'release 1', 'release 2', 'seek 1', 'seek 2']);
  });

  it('go on when work fails', async () => {
    const lanes = new Lanes(2, 1_000);
    for (let round = 0; round < 5; round++) {
      await expect(lanes.run('seeker', () => Promise.reject(new Error('refused')))).rejects.toThrow('refused');
    }
    await expect(lanes.run('seeker', () => Promise.resolve('served'))).resolves.toBe('served');
  });

  it('send away who has waited long enough, and never begin its work', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate'] });
    const lanes = new Lanes(2, 1_000);
    const busy = start(lanes, 'seeker', 'busy');
    const late = start(lanes, 'seeker', 'late');
    const refused = expect(late.done).rejects.toMatchObject({
      code: 'LOCK_BACKEND',
      outcome: 'not-applied',
      transient: true,
    });
    await jest.advanceTimersByTimeAsync(1_000);
    await refused;
    busy.gate.open();
    await busy.done;
    await settle();
    expect(order).toEqual(['busy']);
    await expect(lanes.run('seeker', () => Promise.resolve('next'))).resolves.toBe('next');
    expect(jest.getTimerCount()).toBe(0);
    jest.useRealTimers();
  });
});
