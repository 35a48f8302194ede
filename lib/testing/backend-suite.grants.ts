import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { getEventListeners } from 'node:events';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { isBusy, type LockBackend } from '../core/backend.js';
import { ROUNDING_MS, type Rules, type Scene, soon, tokenAfter } from './backend-suite.scene.js';

export const grantRules: Rules = {
  'grants a free key': async (scene) => {
    const hold = await scene.granted(scene.one);
    assert.ok(hold.first > 0n);
    assert.equal(await hold.release({ used: 1 }), true);
  },

  'answers busy to every other owner while the key is held': async (scene) => {
    await scene.granted(scene.one);
    await scene.refused(scene.two);
    await scene.refused(scene.one);
  },

  'says honestly how long the lease still runs, if it says so': async (scene) => {
    const sent = performance.now();
    await scene.granted(scene.one, { leaseMs: scene.leaseMs });
    const asked = performance.now();
    const { remainingMs } = await scene.refused(scene.two);
    if (remainingMs === undefined) return;
    const answered = performance.now();
    assert.ok(remainingMs <= scene.leaseMs + ROUNDING_MS, `${String(remainingMs)} ms is more than the lease`);
    assert.ok(remainingMs >= scene.leaseMs - (answered - sent) - ROUNDING_MS, `${String(remainingMs)} ms is too short`);
    const { at } = await scene.grantedAtLast(scene.two);
    assert.ok(at >= asked + remainingMs - ROUNDING_MS, 'the key was free before the remaining time had passed');
  },

  'answers or queues while the key is held, as `waits` says': async (scene) => {
    const holder = await scene.granted(scene.one);
    const patience = new AbortController();
    const first = scene.ask(scene.two, { mayWait: true, signal: patience.signal });
    if (scene.two.waits) {
      const early = await Promise.race([first, sleep(50)]);
      assert.equal(early, undefined, 'the store answers though it says that it queues');
      patience.abort();
    }
    assert.ok(isBusy(await soon('an answer', first)));
    if (!scene.two.waits) return;
    const queued = scene.ask(scene.two, { mayWait: true });
    await holder.release({ used: 1 });
    assert.ok(!isBusy(await soon('a grant for who queues', queued)));
  },

  'makes one attempt although the signal is aborted already': async (scene) => {
    const signal = AbortSignal.abort();
    await scene.granted(scene.one, { mayWait: true, signal });
    await scene.refused(scene.two, { mayWait: true, signal });
  },

  'leaves no listener on the signal': async (scene) => {
    const { signal } = new AbortController();
    await scene.granted(scene.one, { mayWait: true, signal });
    if (!scene.two.waits) await scene.refused(scene.two, { signal });
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  },

  'gives a repeated request of one owner the same block': async (scene) => {
    const wish = { owner: randomUUID(), turns: Math.min(8, scene.one.maxTurns) };
    const first = await scene.granted(scene.one, wish);
    const again = await scene.granted(scene.one, wish);
    assert.deepEqual([again.first, again.count], [first.first, first.count]);
    await scene.refused(scene.two);
    assert.equal(await again.release({ used: 1 }), true);
    await scene.granted(scene.two);
  },

  'gives simultaneous requests of one owner the same block': async (scene) => {
    const wish = { owner: randomUUID() };
    const holds = await Promise.all([1, 2, 3, 4].map(() => scene.granted(scene.one, wish)));
    assert.equal(new Set(holds.map((hold) => hold.first)).size, 1);
  },

  'grants one of many simultaneous requests': async (scene) => {
    const clients = Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? scene.one : scene.two));
    const answers = await Promise.all(clients.map((client) => scene.ask(client)));
    assert.equal(answers.filter((answer) => !isBusy(answer)).length, 1);
  },

  'never has two holders in a storm of attempts': async (scene) => {
    const history = { holders: 0, grants: 0, next: 0n };
    const workers = Array.from({ length: 8 }, (_, i) => storm(scene, i % 2 === 0 ? scene.one : scene.two, history));
    await Promise.all(workers);
    assert.ok(history.grants > 0, 'the storm never had a holder');
  },
};

async function storm(
  scene: Scene,
  client: LockBackend,
  history: { holders: number; grants: number; next: bigint },
): Promise<void> {
  const turns = Math.min(4, client.maxTurns);
  for (let attempt = 0; attempt < 40; attempt++) {
    const hold = await scene.ask(client, { turns });
    if (!isBusy(hold)) {
      const used = 1 + Math.floor(Math.random() * hold.count);
      assert.equal(++history.holders, 1, 'two holders at once');
      assert.ok(hold.first >= history.next, 'a token came twice or went backwards');
      history.grants++;
      history.next = tokenAfter(hold, used);
      await sleep(Math.random() * 2);
      // The claim ends when the release is sent: the next grant may overtake its answer.
      history.holders--;
      await hold.release({ used });
    }
    await setImmediate();
  }
}
