import { Injectable } from '@nestjs/common';
import { EventEmitter2, EventEmitterModule, OnEvent } from '@nestjs/event-emitter';
import { Cron, Interval, ScheduleModule, SchedulerRegistry, Timeout } from '@nestjs/schedule';
import type { TestingModule } from '@nestjs/testing';
import { currentLease, detached, Locked, LockService } from 'nestjs-locked';
import { boot, until } from './support.js';

let ran: string[] = [];
const run = (): Promise<void> => {
  ran.push(currentLease().key);
  return Promise.resolve();
};
const OFTEN = 5;

@Injectable()
class Jobs {
  @Cron('0 0 1 1 *', { name: 'above', waitForCompletion: true })
  @Locked('cron:above', { wait: 0, onBusy: 'skip' })
  cronAbove(): Promise<void> {
    return run();
  }

  @Locked('cron:below', { wait: 0, onBusy: 'skip' })
  @Cron('0 0 1 1 *', { name: 'below', waitForCompletion: true })
  cronBelow(): Promise<void> {
    return run();
  }

  @Interval(OFTEN)
  @Locked('interval:above', { wait: 0, onBusy: 'skip' })
  intervalAbove(): Promise<void> {
    return run();
  }

  @Locked('interval:below', { wait: 0, onBusy: 'skip' })
  @Interval(OFTEN)
  intervalBelow(): Promise<void> {
    return run();
  }

  @Locked('timeout', { wait: 0, onBusy: 'skip' })
  @Timeout(0)
  timeout(): Promise<void> {
    return run();
  }

  @OnEvent('paid.above')
  @Locked('event:<order.id>', { wait: 0, onBusy: 'skip' })
  async eventAbove(order: { id: string }): Promise<string | undefined> {
    await run();
    return order.id;
  }

  @Locked('event:<order.id>', { wait: 0, onBusy: 'skip' })
  @OnEvent('paid.below')
  async eventBelow(order: { id: string }): Promise<string | undefined> {
    await run();
    return order.id;
  }
}

describe('without a caller who waits', () => {
  let app: TestingModule;
  let locks: LockService;

  beforeEach(async () => {
    ran = [];
    const imports = [ScheduleModule.forRoot(), EventEmitterModule.forRoot()];
    app = await boot({ imports, providers: [Jobs] });
    locks = app.get(LockService);
  });
  afterEach(() => app.close());

  it.each(['above', 'below'])('@Cron, %s the lock', async (name) => {
    const tick = () => app.get(SchedulerRegistry).getCronJob(name).fireOnTick();
    const job = `cron:${name}`;
    await locks.using(job, () => detached(tick));
    expect(ran).not.toContain(job);
    await tick();
    expect(ran).toContain(job);
  });

  it.each(['above', 'below'])('@Interval, %s the lock', async (name) => {
    const job = `interval:${name}`;
    const other = `interval:${name === 'above' ? 'below' : 'above'}`;
    await locks.using(job, async () => {
      ran = [];
      await until(() => ran.filter((key) => key === other).length > 3);
      expect(ran).not.toContain(job);
    });
    await until(() => ran.includes(job));
  });

  it('@Timeout', async () => {
    await until(() => ran.includes('timeout'));
  });

  it.each(['above', 'below'])('@OnEvent, %s the lock', async (name) => {
    const emit = () => app.get(EventEmitter2).emitAsync(`paid.${name}`, { id: '7' });
    expect(await locks.using('event:7', () => detached(emit))).toEqual([undefined]);
    expect(ran).not.toContain('event:7');
    expect(await emit()).toEqual(['7']);
    expect(ran).toContain('event:7');
  });
});
