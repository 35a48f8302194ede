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
      clock.at(ms, () => rung.push([name, machine.mono()]));
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
    clock.at(10, () => victim.timer?.cancel());
    victim.timer = clock.at(10, () => rung.push('victim'));
    clock.at(20, () => rung.push('never')).cancel();
    clock.at(30, () => rung.push('last'));
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
    clock.at(10, () => undefined);
    const first = clock.at(20, () => undefined, true);
    const second = clock.at(30, () => undefined, true);
    first.cancel();
    first.cancel();
    second.cancel();
    expect(alive).toEqual([false, true, false]);
  });

  test('close() leaves no timer behind, unless a call under way still needs its bound', async () => {
    const machine = new FakeClock();
    const clock = new AlarmClock(machine);
    clock.at(10, () => undefined, true).cancel();
    expect(machine.pendingTimers).toBe(1);
    clock.close();
    expect(machine.pendingTimers).toBe(0);
    let rung = false;
    clock.at(10, () => (rung = true), true);
    clock.close();
    await machine.advance(10);
    expect([rung, machine.pendingTimers]).toEqual([true, 0]);
  });

  test('rings in order of time also what has come due while the process was stopped', async () => {
    const machine = new FakeClock();
    const clock = new AlarmClock(machine);
    const rung: string[] = [];
    clock.at(20, () => rung.push('second'));
    clock.at(10, () => rung.push('first'));
    machine.block(30);
    await machine.advance(0);
    expect(rung).toEqual(['first', 'second']);
  });

  test('one that throws takes none of the others with it', async () => {
    const machine = new FakeClock();
    const clock = new AlarmClock(machine);
    const rung: string[] = [];
    clock.at(10, () => {
      throw new Error('boom');
    });
    clock.at(10, () => rung.push('same moment'));
    clock.at(20, () => rung.push('later'));
    await expect(machine.advance(10)).rejects.toThrow('boom');
    await machine.advance(100);
    expect(rung).toEqual(['same moment', 'later']);
  });
});
