import { stat } from 'node:fs';
import { setImmediate, setTimeout as pause } from 'node:timers/promises';
import { NextRun } from '../../../lib/backends/zookeeper/next-run.js';
import { WaitingRoom } from '../../../lib/backends/zookeeper/waiting-room.js';
import { watchdog } from '../../../lib/backends/zookeeper/watchdog.js';

function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

describe('a watchdog', () => {
  it('tells of a silence', async () => {
    let told = 0;
    watchdog(5, () => told++);
    await pause(50);
    expect(told).toBe(1);
  });

  it('is called off', async () => {
    let told = 0;
    const off = watchdog(5, () => told++);
    off();
    await pause(50);
    expect(told).toBe(0);
  });

  it('that is due at the same time as what it waits for, because the process was busy, tells nothing', async () => {
    let told = 0;
    await setImmediate();
    await new Promise<void>((resolve) => {
      const off = watchdog(5, () => told++);
      stat('.', () => {
        off();
        resolve();
      });
      block(100);
    });
    await pause(50);
    expect(told).toBe(0);
  });
});

describe('runs that follow one another', () => {
  const ends: { resolve: () => void; reject: (why: Error) => void }[] = [];
  const runs = new NextRun(() => new Promise<void>((resolve, reject) => ends.push({ resolve, reject })));

  it('who asks while one is under way gets the next, with all who ask meanwhile, also after one that failed', async () => {
    const first = runs.start();
    await setImmediate();
    const [second, third] = [runs.start(), runs.start()];
    expect(ends).toHaveLength(1);
    ends[0]?.reject(new Error('first'));
    await expect(first).rejects.toThrow('first');
    await setImmediate();
    expect(ends).toHaveLength(2);
    ends[1]?.resolve();
    await Promise.all([second, third]);
    expect(ends).toHaveLength(2);
  });
});

describe('a waiting room', () => {
  it('sends away who waits for so many ms, and keeps who waits for as long as it takes', async () => {
    const room = new WaitingRoom<string>();
    const patient = room.wait(Infinity, () => new Error('too late'));
    const impatient = room.wait(10_000, () => new Error('too late'));
    room.rejectImpatient(new Error('refused'));
    await expect(impatient).rejects.toThrow('refused');
    expect(room.size).toBe(1);
    room.resolve('there');
    expect(await patient).toBe('there');
    await expect(room.wait(1, () => new Error('too late'))).rejects.toThrow('too late');
    expect(room.size).toBe(0);
  });
});
