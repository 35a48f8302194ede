import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LockBackend } from '../core/backend.js';
import { type Rules, type Scene, soon } from './backend-suite.scene.js';

/** The rules of `freed`, for the stores that have it. */
export const freedRules: Rules = {
  'a release wakes who waits, in every client': async (scene) => {
    const hold = await scene.granted(scene.one);
    const woken = [scene.one, scene.two, scene.two].map((client) => wait(scene, client));
    await sleep(50);
    await hold.release({ used: 1 });
    await soon('waking everybody', Promise.all(woken));
  },

  'a release right after the call wakes too': async (scene) => {
    for (let round = 0; round < 20; round++) {
      const hold = await scene.granted(scene.one);
      const woken = wait(scene, scene.two);
      await hold.release({ used: 1 });
      await soon('waking', woken);
    }
  },

  'a release that keeps the key, or is not the first, wakes too': async (scene) => {
    const first = await scene.granted(scene.one);
    const kept = wait(scene, scene.two);
    await first.release({ used: 1, keepMs: 30 });
    await soon('waking', kept);
    const { hold } = await scene.grantedAtLast(scene.one);
    const again = wait(scene, scene.two);
    await hold.release({ used: 1 });
    await soon('waking again', again);
  },

  'a key that is free already wakes at once': async (scene) => {
    await soon('waking for a fresh key', wait(scene, scene.two));
    const hold = await scene.granted(scene.one);
    await hold.release({ used: 1 });
    await soon('waking for a released key', wait(scene, scene.two));
  },

  'who waits for a held key sleeps': async (scene) => {
    await scene.granted(scene.one);
    const patience = AbortSignal.timeout(200);
    let woken = 0;
    for (; woken < 20 && !patience.aborted && scene.two.freed !== undefined; woken++) {
      await soon('the end of its signal', settled(wait(scene, scene.two, patience)));
    }
    assert.ok(woken < 20, `woken ${String(woken)} times within 200 ms for nothing`);
  },

  'ends when its signal aborts, and leaves no listener': async (scene) => {
    const hold = await scene.granted(scene.one);
    const patience = new AbortController();
    const waits = [scene.two, scene.two].map((client) => settled(wait(scene, client, patience.signal)));
    await sleep(20);
    patience.abort();
    await soon('the end of its signal', Promise.all(waits));
    assert.equal(getEventListeners(patience.signal, 'abort').length, 0);
    await soon('an aborted signal', settled(wait(scene, scene.two, patience.signal)));
    await hold.release({ used: 1 });
    if (scene.fixture.residue !== undefined) assert.equal(await scene.fixture.residue(), 0);
  },

  'leaves no listener on its signal when it wakes': async (scene) => {
    const { signal } = new AbortController();
    const hold = await scene.granted(scene.one);
    const woken = wait(scene, scene.two, signal);
    await hold.release({ used: 1 });
    await soon('waking', woken);
    await soon('waking for a free key', wait(scene, scene.two, signal));
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  },
};

function wait(scene: Scene, client: LockBackend, signal = new AbortController().signal): Promise<void> {
  return client.freed?.(scene.key, signal) ?? Promise.resolve();
}

/** An aborted wait may end either way. */
function settled(promise: Promise<void>): Promise<void> {
  return promise.catch(() => undefined);
}
