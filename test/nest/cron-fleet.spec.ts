import { jest } from '@jest/globals';
import { Cron, ScheduleModule } from '@nestjs/schedule';
import type { TestingModule } from '@nestjs/testing';
import { type LockedOptions, Locked, memory } from 'nestjs-locked';
import { boot } from './support.js';

const INSTANCES = 12;
const MINUTES = 5;

/** An instance whose clock is late by so many seconds: what is meant for the full minute, it does then. */
function instance(late: number, options: LockedOptions<'skip', [], undefined>, ran: () => void) {
  class Jobs {
    @Cron(`${late} * * * * *`)
    @Locked('cron:settle', options)
    settle(): Promise<void> {
      ran();
      return Promise.resolve();
    }
  }
  return Jobs;
}

describe('a @Cron on twelve instances with skewed clocks', () => {
  let apps: TestingModule[] = [];

  beforeEach(() => {
    jest.useFakeTimers({
      now: Date.UTC(2030, 0, 1, 11, 59, 59),
      doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'],
    });
  });
  afterEach(async () => {
    await Promise.all(apps.map((app) => app.close()));
    jest.useRealTimers();
  });

  const runFleet = async (options: LockedOptions<'skip', [], undefined>): Promise<number[]> => {
    const perMinute = new Array<number>(MINUTES).fill(0);
    const start = Date.now();
    const ran = () => {
      perMinute[Math.floor((Date.now() - start) / 60_000)]! += 1;
    };
    const backend = memory();
    const fleet = Array.from({ length: INSTANCES }, (_, late) => instance(late, options, ran));
    apps = await Promise.all(
      fleet.map((jobs) => boot({ imports: [ScheduleModule.forRoot()], providers: [jobs] }, { backend })),
    );
    await jest.advanceTimersByTimeAsync(MINUTES * 60_000);
    return perMinute;
  };

  it('runs once per tick with minHold', async () => {
    expect(await runFleet({ wait: 0, onBusy: 'skip', minHold: '30s' })).toEqual([1, 1, 1, 1, 1]);
  });

  it('runs twelve times per tick without it, lock or not', async () => {
    expect(await runFleet({ wait: 0, onBusy: 'skip' })).toEqual([12, 12, 12, 12, 12]);
  });
});
