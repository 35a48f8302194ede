import { inspect } from 'node:util';
import { setImmediate } from 'node:timers/promises';
import { Locker } from 'nestjs-locked/core';
import { redisQuorum } from 'nestjs-locked/redis';
import { isBusy } from '../../lib/core/backend.js';
import { LockBackendError } from '../../lib/core/errors.js';
import { askUntil } from '../support/ask-until.js';
import { QuorumStage } from '../support/quorum-stage.js';
import { withSchedulerDelay } from '../support/scheduler-delay.js';
import { ADMIN, LOCKER, type RedisServer } from '../support/redis-server.js';

const OUTAGES: readonly [string, (server: RedisServer) => Promise<void>][] = [
  ['is down', (server) => server.kill()],
  [
    'is silent',
    (server) => {
      server.signal('SIGSTOP');
      return Promise.resolve();
    },
  ],
];

describe('a quorum of three Redis servers', () => {
  let stage: QuorumStage;

  beforeEach(async () => {
    stage = await QuorumStage.open();
  }, 300_000);

  afterEach(() => stage.close());

  async function failureOf(attempt: Promise<unknown>): Promise<LockBackendError> {
    const error: unknown = await attempt.then(
      () => 'no error',
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(LockBackendError);
    return error as LockBackendError;
  }

  it.each(OUTAGES)('works, and promptly, when one server %s', async (_what, outage) => {
    const [one, two] = [stage.client(), stage.client()];
    await Promise.all([one.ping(), two.ping()]);
    await outage(stage.server(3));
    const { result: elapsedMs, delayMs } = await withSchedulerDelay(async () => {
      const began = performance.now();
      for (let round = 0; round < 3; round++) {
        const hold = await stage.granted(one);
        expect(await stage.ask(two)).toMatchObject({ busy: true });
        expect(await hold.renew?.(10_000)).toBeGreaterThan(hold.deadline - 10_000);
        expect(await hold.release({ used: 1 })).toBe(true);
      }
      return performance.now() - began;
    });
    // A silent server's own bound is 1.6 s.
    expect(elapsedMs).toBeLessThan(300 + 12 * delayMs);
  });

  it.each(OUTAGES)('says which servers failed when one is down and another %s; not busy', async (_what, outage) => {
    const client = stage.client();
    await client.ping();
    const held = await stage.granted(client);
    await stage.server(2).kill();
    await outage(stage.server(3));
    const error = await failureOf(stage.ask(client, { key: 'other', leaseMs: 1_000 }));
    expect(error.transient).toBe(true);
    const { errors } = error.cause as AggregateError;
    expect(errors.map(String).sort()).toEqual([
      expect.stringContaining(`node 2 (127.0.0.1:${String(stage.server(2).port)}): Redis could not be reached`),
      expect.stringContaining(`node 3 (127.0.0.1:${String(stage.server(3).port)}):`),
    ]);
    await failureOf(held.renew?.(10_000) ?? Promise.resolve());
    await askUntil('server 1 has nothing of the other key', async () => {
      const left = await stage.server(1).administer((redis) => redis.exists('lock:other'));
      return left === 0;
    });
  });

  it('knows which servers are down: refuses at once, and says how they are', async () => {
    const client = stage.client();
    await client.ping();
    await stage.server(1).kill();
    await stage.server(3).kill();
    await askUntil('both are known to be down', async () => {
      const { errors } = (await failureOf(stage.ask(client))).cause as AggregateError;
      return errors.length === 2 && errors.every((error) => String(error).includes('ECONNREFUSED'));
    });
    const { result: elapsedMs, delayMs } = await withSchedulerDelay(async () => {
      const began = performance.now();
      for (let attempt = 0; attempt < 10; attempt++) await failureOf(stage.ask(client));
      return performance.now() - began;
    });
    // A command waits for three attempts to connect, 50 ms and more apart.
    expect(elapsedMs).toBeLessThan(500 + 10 * delayMs);
  });

  it('keeps a hold of two servers while the third has come back empty, and takes that one in again', async () => {
    const [holder, rival] = [stage.client(), stage.client()];
    await Promise.all([holder.ping(), rival.ping()]);
    const hold = await stage.granted(holder);
    const values = await Promise.all([stage.lockOn(1), stage.lockOn(2)]);
    expect(values[0]).toBe(values[1]);
    for (const lost of [1, 2, 3, 1] as const) {
      await stage.server(lost).restart('lost');
      expect(await rival.acquire(rivalRequest())).toMatchObject({ busy: true });
      await askUntil('the server holds it again', async () => {
        expect(await hold.renew?.(10_000)).not.toBe(false);
        expect(isBusy(await rival.acquire(rivalRequest()))).toBe(true);
        return (await stage.lockOn(lost)) === values[0];
      });
    }
    expect(await hold.release({ used: 1 })).toBe(true);
    await stage.granted(rival);

    function rivalRequest() {
      const { signal } = new AbortController();
      return {
        ...{ key: stage.key, owner: 'rival', leaseMs: 1_000, turns: 1, mode: 'exclusive' as const },
        ...{ mayWait: false, signal },
      };
    }
  });

  it('takes back what a slow server grants late, after a release as after a refusal', async () => {
    const client = stage.client();
    await client.ping();
    await stage.granted(client).then((hold) => hold.release({ used: 1 }));
    stage.server(3).signal('SIGSTOP');
    const hold = await stage.granted(client, { leaseMs: 60_000 });
    await hold.release({ used: 1 });
    const foreign = (redis: { set(key: string, value: string): Promise<unknown> }) => redis.set('lock:refused', 'x');
    await stage.server(1).administer(foreign);
    await stage.server(2).administer(foreign);
    expect(await stage.ask(client, { key: 'refused', leaseMs: 60_000 })).toEqual({ busy: true });
    stage.server(3).signal('SIGCONT');
    // What is sent on the same connection comes after all that.
    const again = await stage.granted(client, { leaseMs: 60_000 });
    await again.release({ used: 1 });
    await askUntil('nothing is left', () =>
      stage.server(3).administer(async (redis) => (await redis.exists(`lock:${stage.key}`, 'lock:refused')) === 0),
    );
  });

  it('gives back and is busy for a moment when nobody has a majority', async () => {
    const client = stage.client();
    await client.ping();
    await stage.server(1).administer((redis) => redis.set(`lock:${stage.key}`, 'foreign', 'PX', 60_000));
    await stage.server(2).kill();
    const answer = await stage.ask(client);
    expect(isBusy(answer) && answer.remainingMs).toBeLessThan(2_000);
    await askUntil('server 3 is free', async () => (await stage.lockOn(3)) === null);
  });

  it('serves contenders that split the votes', async () => {
    const lockers = Array.from({ length: 6 }, () => new Locker(stage.client(), { handOver: false }));
    let holders = 0;
    let served = 0;
    const contend = async (locker: Locker): Promise<void> => {
      for (let turn = 0; turn < 5; turn++) {
        await locker.using('split', { wait: '20s' }, async () => {
          expect(++holders).toBe(1);
          await setImmediate();
          holders--;
          served++;
        });
      }
    };
    await Promise.all(lockers.map(contend));
    await Promise.all(lockers.map((locker) => locker.close()));
    expect(served).toBe(30);
  });

  it('shows no credential, whatever fails', async () => {
    const url = (server: RedisServer): string => server.url.replace(LOCKER.password, 'canary-of-locker');
    const quorum = redisQuorum(stage.servers.map((server) => ({ url: url(server) })));
    const refused = await failureOf(stage.ask(quorum));
    await quorum.close?.();
    await stage.server(2).kill();
    await stage.server(3).kill();
    const down = await failureOf(stage.ask(stage.client()));
    for (const error of [refused, down]) {
      const shown = [inspect(error, { depth: 20, showHidden: true }), JSON.stringify(error), String(error)].join('\n');
      expect(shown).toContain('127.0.0.1:');
      for (const secret of ['canary-of-locker', LOCKER.password, ADMIN.password]) expect(shown).not.toContain(secret);
    }
    expect(inspect(refused, { depth: 20 })).toContain('WRONGPASS');
  });
});
