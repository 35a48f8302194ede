import { FakeClock } from '../../../lib/testing/index.js';

describe('FakeClock', () => {
  it('stands still until it is told', () => {
    const clock = new FakeClock(1_000);
    expect([clock.mono(), clock.wall()]).toEqual([0, 1_000]);
  });

  it('fires due timers in the order of their moments, each at its own', async () => {
    const clock = new FakeClock(1_000);
    const fired: [string, number, number][] = [];
    const set = (name: string, ms: number) => clock.setTimer(() => fired.push([name, clock.mono(), clock.wall()]), ms);
    set('late', 31);
    set('second', 20);
    set('first', 10);
    set('second too', 20);
    await clock.advance(30);
    expect(fired).toEqual([
      ['first', 10, 1_010],
      ['second', 20, 1_020],
      ['second too', 20, 1_020],
    ]);
    expect([clock.mono(), clock.wall(), clock.pendingTimers]).toEqual([30, 1_030, 1]);
    await clock.advance(1);
    expect(fired.at(-1)).toEqual(['late', 31, 1_031]);
  });

  it('fires timers that promise jobs and other timers set on the way', async () => {
    const clock = new FakeClock();
    const fired: number[] = [];
    const pause = (ms: number) => new Promise<void>((resolve) => void clock.setTimer(resolve, ms));
    const work = (async () => {
      for (let i = 0; i < 3; i++) {
        await pause(10);
        await Promise.resolve().then(() => undefined);
        fired.push(clock.mono());
      }
    })();
    await clock.advance(30);
    await work;
    expect(fired).toEqual([10, 20, 30]);
  });

  it('lets promise jobs settle before time passes', async () => {
    const clock = new FakeClock();
    let at: number | undefined;
    void Promise.resolve().then(() => (at = clock.mono()));
    await clock.advance(10);
    expect(at).toBe(0);
  });

  it('does not fire what was cancelled, also by a timer before it', async () => {
    const clock = new FakeClock();
    const fired: string[] = [];
    clock.setTimer(() => {
      second.cancel();
    }, 5);
    const second = clock.setTimer(() => fired.push('second'), 6);
    clock.setTimer(() => fired.push('third'), 7).cancel();
    expect(clock.pendingTimers).toBe(2);
    await clock.advance(10);
    expect(fired).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('steps the wall clock alone', async () => {
    const clock = new FakeClock(1_000);
    clock.jumpWall(-500);
    await clock.advance(0);
    expect([clock.mono(), clock.wall()]).toEqual([0, 500]);
  });

  it('suspends: only wall time passes', async () => {
    const clock = new FakeClock(1_000);
    let fired = false;
    clock.setTimer(() => (fired = true), 10);
    clock.sleep(3_600_000);
    await clock.advance(9);
    expect([clock.mono(), clock.wall(), fired]).toEqual([9, 3_601_009, false]);
  });

  it('blocks: time passes and timers are late', async () => {
    const clock = new FakeClock(1_000);
    const fired: number[] = [];
    clock.setTimer(() => fired.push(clock.mono()), 10);
    clock.setTimer(() => fired.push(clock.mono()), 105);
    clock.block(100);
    expect([clock.mono(), clock.wall(), fired]).toEqual([100, 1_100, []]);
    await clock.advance(10);
    expect(fired).toEqual([100, 105]);
    expect(clock.mono()).toBe(110);
  });

  it('survives a block inside a timer', async () => {
    const clock = new FakeClock();
    clock.setTimer(() => {
      clock.block(50);
    }, 5);
    await clock.advance(10);
    expect(clock.mono()).toBe(55);
  });

  it('gives up on timers without end', async () => {
    const clock = new FakeClock();
    const again = () => void clock.setTimer(again, 0);
    again();
    await expect(clock.advance(1)).rejects.toThrow('timers within 1 ms');
  });

  it.each([-1, NaN, Infinity])('does not go by %s ms', async (ms) => {
    const clock = new FakeClock();
    await expect(clock.advance(ms)).rejects.toThrow(RangeError);
    expect(() => {
      clock.block(ms);
    }).toThrow(RangeError);
    expect(() => {
      clock.sleep(ms);
    }).toThrow(RangeError);
  });
});
