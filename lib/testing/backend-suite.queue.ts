import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { type AcquireRequest, type Busy, type Hold, isBusy, type LockBackend } from '../core/backend.js';
import { LONG_MS, type Rules, type Scene, soon, tokenAfter } from './backend-suite.scene.js';

const RULES: Rules = {
  'a release grants the key to who waits': async (scene) => {
    const hold = await scene.granted(scene.one);
    const waiting = await queued(scene, scene.two);
    await hold.release({ used: 1 });
    const next = await granted(waiting);
    assert.ok(next.first >= tokenAfter(hold, 1));
    await scene.refused(scene.one);
    assert.equal(await next.release({ used: 1 }), true);
  },

  'tells the request when it has its place': async (scene) => {
    const places = new EventEmitter();
    let told = 0;
    places.on('told', () => told++);
    const onQueued = (): void => void places.emit('told');
    const hold = await scene.granted(scene.one, { mayWait: true, onQueued });
    assert.equal(told, 0, 'told of a place though the key was free');
    const place = once(places, 'told');
    const waiting = ask(scene, scene.two, { leaseMs: scene.leaseMs, onQueued });
    await soon('word of its place', place);
    const behind = await queued(scene, scene.one);
    // Long enough for the store to look again, which is no news.
    await sleep(scene.leaseMs);
    await hold.release({ used: 1 });
    const next = await granted(waiting);
    assert.equal(told, 1, `told of its place ${String(told)} times`);
    await next.release({ used: 1 });
    await granted(behind);
  },

  'the key goes round in the order of asking, over all clients': async (scene) => {
    const order: number[] = [];
    const hold = await scene.granted(scene.one);
    const waiting: Promise<void>[] = [];
    for (let i = 0; i < 6; i++) {
      const asked = await queued(scene, i % 3 === 0 ? scene.one : scene.two);
      const turn = async (): Promise<void> => {
        const mine = await granted(asked);
        order.push(i);
        await mine.release({ used: 1 });
      };
      waiting.push(turn());
    }
    await hold.release({ used: 1 });
    await soon('everybody’s turn', Promise.all(waiting));
    assert.deepEqual(order, [0, 1, 2, 3, 4, 5]);
  },

  'who releases and asks again stands behind who waited': async (scene) => {
    let hold = await scene.granted(scene.one);
    for (let round = 0; round < 10; round++) {
      const [mine, theirs] = round % 2 === 0 ? [scene.one, scene.two] : [scene.two, scene.one];
      const waiting = await queued(scene, theirs);
      const released = hold.release({ used: 1 });
      const again = ask(scene, mine);
      await released;
      hold = await granted(waiting);
      await giveUp(again);
    }
    await hold.release({ used: 1 });
  },

  'who gives up is passed over': async (scene) => {
    const hold = await scene.granted(scene.one);
    const impatient = await queued(scene, scene.two);
    const patient = await queued(scene, scene.two);
    await giveUp(impatient);
    await hold.release({ used: 1 });
    await granted(patient);
  },

  'a grant that crosses with giving up goes to the next': async (scene) => {
    for (let round = 0; round < 20; round++) {
      const hold = await scene.granted(scene.one);
      const impatient = await queued(scene, scene.two);
      const patient = await queued(scene, scene.one);
      const released = hold.release({ used: 1 });
      impatient.stop();
      const answer = await soon('an answer', impatient.answer);
      if (!isBusy(answer)) await answer.release({ used: 0 });
      await released;
      const next = await granted(patient);
      await next.release({ used: 1 });
    }
  },

  'abandon takes back a place in the queue': async (scene) => {
    const owner = randomUUID();
    const hold = await scene.granted(scene.one);
    const lostInterest = await queued(scene, scene.two, { owner });
    const patient = await queued(scene, scene.two);
    await scene.one.abandon(scene.key, owner);
    await hold.release({ used: 1 });
    await granted(patient);
    lostInterest.stop();
    await lostInterest.answer.catch(() => undefined);
  },

  'an expired key goes to who waits, and not before its end': async (scene) => {
    const asked = performance.now();
    const hold = await scene.granted(scene.one, { leaseMs: scene.leaseMs });
    const waiting = await queued(scene, scene.two);
    scene.silence(scene.one);
    const next = await granted(waiting, scene.leaseMs);
    // A session ends as long after its last sign of life as the store sees fit.
    const end = hold.renew ? asked + scene.leaseMs - 5 : hold.deadline;
    assert.ok(performance.now() >= end, 'granted while the lease still ran');
    assert.equal(await next.release({ used: 1 }), true);
  },

  'a key that was kept goes to who waits when it is free': async (scene) => {
    const hold = await scene.granted(scene.one);
    const waiting = await queued(scene, scene.two);
    const released = performance.now();
    await hold.release({ used: 1, keepMs: 100 });
    await granted(waiting);
    assert.ok(performance.now() >= released + 100 - 5, 'granted while the key was kept');
  },

  'a grant after waiting ends for its holder before it ends at the store': async (scene) => {
    const hold = await scene.granted(scene.one);
    const waiting = await queued(scene, scene.two, { leaseMs: scene.leaseMs });
    await sleep(scene.leaseMs / 2);
    await hold.release({ used: 1 });
    const { deadline } = await granted(waiting);
    scene.silence(scene.two);
    const { at } = await scene.grantedAtLast(scene.one);
    assert.ok(deadline < at, `${(deadline - at).toFixed(1)} ms too late`);
  },

  'a grant after waiting can be renewed to its full length': async (scene) => {
    const hold = await scene.granted(scene.one);
    const waiting = await queued(scene, scene.two, { leaseMs: scene.leaseMs });
    await hold.release({ used: 1 });
    const next = await granted(waiting);
    if (next.renew === undefined) return;
    assert.notEqual(await next.renew(LONG_MS), false);
    await sleep(2 * scene.leaseMs);
    await scene.refused(scene.one);
  },

  'a waiter outlives many leases': async (scene) => {
    const hold = await scene.granted(scene.one);
    const waiting = await queued(scene, scene.two, { leaseMs: scene.leaseMs });
    await sleep(3 * scene.leaseMs);
    await hold.release({ used: 1 });
    await granted(waiting);
  },
};

/** The rules of waiting, for the stores that queue: nothing to show on the others, where core does the waiting. */
export const queueRules: Rules = Object.fromEntries(
  Object.entries(RULES).map(([rule, check]) => [
    rule,
    async (scene: Scene) => {
      if (scene.one.waits) await check(scene);
    },
  ]),
);

interface Asked {
  readonly answer: Promise<Hold | Busy>;
  stop(): void;
}

function ask(scene: Scene, client: LockBackend, wish: Partial<AcquireRequest> = {}): Asked {
  const patience = new AbortController();
  const answer = scene.ask(client, { mayWait: true, signal: patience.signal, ...wish });
  // Told where it is awaited.
  answer.catch(() => undefined);
  return {
    answer,
    stop: () => {
      patience.abort();
    },
  };
}

/** Asks, and lets the request arrive before the next one is made. */
async function queued(scene: Scene, client: LockBackend, wish?: Partial<AcquireRequest>): Promise<Asked> {
  const asked = ask(scene, client, wish);
  await client.ping();
  await sleep(5);
  return asked;
}

async function granted({ answer }: Asked, extraMs = 0): Promise<Hold> {
  if (extraMs > 0) await Promise.race([answer, sleep(extraMs)]);
  const hold = await soon('a grant', answer);
  if (isBusy(hold)) assert.fail('the store answers busy to who waits');
  return hold;
}

async function giveUp(asked: Asked): Promise<void> {
  asked.stop();
  assert.ok(isBusy(await soon('the end of waiting', asked.answer)));
}
