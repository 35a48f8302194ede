import { AlarmClock } from '../../../lib/core/alarm-clock.js';
import type { Clock, ClockTimer } from '../../../lib/core/index.js';
import { FakeClock } from '../../../lib/testing/fake-clock.js';

describe('AlarmClock', () => {
  test('rings in order of time, each once, at its own moment, on one timer of the machine', async () => {
    const machine = new FakeClock();
    const clock = new AlarmClock(machine);
    const rung: [string, number][] = [];
    for (const [name, ms] of [
      ['c', 30],
      ['a', 10],
      ['b', 20],
    ] as const) {
      clock.setTimer(() => rung.push([name, machine.mono()]), ms);
    }
    expect(machine.pendingTimers).toBe(1);
    await machine.advance(100);
    expect(rung).toEqual([
      ['a', 10],
      ['b', 20],
      ['c', 30],
    ]);
    expect(machine.pendingTimers).toBe(0);
  });

  test('does not ring what was cancelled, also by one that rang in the same moment', async () => {
    const machine = new FakeClock();
    const clock = new AlarmClock(machine);
    const rung: string[] = [];
    const victim: { timer?: ClockTimer } = {};
    clock.setTimer(() => victim.timer?.cancel(), 10);
    victim.timer = clock.setTimer(() => rung.push('victim'), 10);
    clock.setTimer(() => rung.push('never'), 20).cancel();
    clock.setTimer(() => rung.push('last'), 30);
    await machine.advance(100);
    expect(rung).toEqual(['last']);
  });

  test('keeps the process alive while somebody waits, and not longer', () => {
    const alive: boolean[] = [];
    const machine: Clock = {
      mono: () => 0,
      wall: () => 0,
      setTimer: (_callback, _ms, keepAlive = false) => {
        alive.push(keepAlive);
        return { cancel: () => undefined, keepAlive: (on) => alive.push(on) };
      },
    };
    const clock = new AlarmClock(machine);
    clock.setTimer(() => undefined, 10);
    const first = clock.setTimer(() => undefined, 20, true);
    const second = clock.setTimer(() => undefined, 30, true);
    first.cancel();
    first.cancel();
    second.cancel();
    expect(alive).toEqual([false, true, false]);
  });

  test('close() leaves no timer behind', () => {
    const machine = new FakeClock();
    const clock = new AlarmClock(machine);
    clock.setTimer(() => undefined, 10, true);
    clock.close();
    expect(machine.pendingTimers).toBe(0);
  });
});
