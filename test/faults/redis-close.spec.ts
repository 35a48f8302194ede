import { withSchedulerDelay } from '../support/scheduler-delay.js';
import { runNode } from '../support/run-node.js';
import { RedisStage } from './redis.stage.js';

/** Half of what core gives to closing. */
const CLOSED_WITHIN_MS = 1_000;
/** The driver's timer for a socket in silence lasts as long as any call to a store. */
const GONE_WITHIN_MS = 2_000;

/** Of the built package: uses a key, closes, and tells how long that took, and how long its process stayed, in ms. */
const script = (target: string, done: string): string => `
  import { Redis } from 'ioredis';
  import { Locker } from 'nestjs-locked/core';
  import { redis } from 'nestjs-locked/redis';
  const url = process.argv[1];
  const target = ${target};
  const locker = new Locker(redis(target));
  const lease = await locker.acquire('order');
  await lease.release();
  const since = performance.now();
  const stayed = () => Math.round(performance.now() - since);
  const ends = {};
  process.on('exit', () => console.log(JSON.stringify({ ...ends, goneMs: stayed() })));
  await locker.close();
  ends.closedMs = stayed();
  ${done}
`;

/** F42: the server stands still when the locks are closed. */
describe('redis: close() of what nobody answers', () => {
  let stage: RedisStage;

  beforeEach(async () => {
    stage = await RedisStage.start();
  }, 120_000);

  afterEach(() => stage.stop());

  it.each([
    ['our own connections', '{ url }', ''],
    [
      'beside a client of the user',
      '{ client: new Redis(url) }',
      'target.client.disconnect(); target.client.stream.destroy();',
    ],
  ])('%s: ends within its bound, and nothing keeps the process', async (_name, target, done) => {
    const proxy = await stage.proxy();
    let quits = 0;
    proxy.filter((direction, chunk) => {
      if (direction === 'toClient' || !/\r\nquit\r\n/i.test(String(chunk))) return chunk;
      quits++;
      proxy.blackhole('both');
      return undefined;
    });
    const { result, delayMs } = await withSchedulerDelay(() =>
      runNode(['--input-type=module', '-e', script(target, done), proxy.url]),
    );
    expect(result).toMatchObject({ code: 0 });
    const { closedMs, goneMs } = JSON.parse(result.output) as { closedMs: number; goneMs: number };
    const slackMs = 100 + 10 * delayMs;
    expect(quits).toBeGreaterThan(0);
    expect(closedMs).toBeLessThan(CLOSED_WITHIN_MS + slackMs);
    expect(goneMs).toBeLessThan(GONE_WITHIN_MS + slackMs);
  });
});
