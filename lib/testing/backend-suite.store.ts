import assert from 'node:assert/strict';
import type { Hold } from '../core/backend.js';
import { HOSTILE_KEYS } from './backend-suite.keys.js';
import { type Rules, type Scene, soon } from './backend-suite.scene.js';

export const storeRules: Rules = {
  'answers a ping': async (scene) => {
    await scene.one.ping();
    await scene.two.ping();
  },

  'works again after it was closed, and again closed': async (scene) => {
    const hold = await scene.granted(scene.one);
    await hold.release({ used: 1 });
    await scene.one.close?.();
    await scene.one.close?.();
    await scene.one.ping();
    await scene.granted(scene.one);
    await scene.refused(scene.two);
  },

  'a client that closes leaves the others at work': async (scene) => {
    const hold = await scene.granted(scene.two);
    await scene.one.ping();
    await scene.one.close?.();
    if (hold.renew !== undefined) assert.notEqual(await hold.renew(10_000), false);
    assert.equal(await hold.release({ used: 1 }), true);
  },

  'keeps hostile keys apart': async (scene) => {
    const holds = new Map<string, Hold>();
    for (const key of HOSTILE_KEYS) {
      holds.set(key, await scene.granted(scene.one, { key }));
    }
    for (const key of HOSTILE_KEYS) await scene.refused(scene.two, { key });
    for (const hold of holds.values()) assert.equal(await hold.release({ used: 1 }), true);
    for (const key of HOSTILE_KEYS) {
      const hold = await scene.granted(scene.two, { key });
      await hold.release({ used: 1 });
    }
  },

  'wakes for hostile keys': async (scene) => {
    for (const key of HOSTILE_KEYS) {
      const hold = await scene.granted(scene.one, { key });
      const woken = scene.two.freed?.(key, new AbortController().signal);
      await hold.release({ used: 1 });
      if (woken !== undefined) await soon(`waking for ${JSON.stringify(key)}`, woken);
    }
  },

  'keeps nothing of 1,000 keys that were released': async (scene) => {
    // Few at a time: it is not about how much a store can take.
    for (let batch = 0; batch < 100; batch++) await Promise.all(cycles(scene, batch));
    if (scene.fixture.residue !== undefined) assert.equal(await scene.fixture.residue(), 0);
  },
};

function cycles(scene: Scene, batch: number): Promise<unknown>[] {
  return Array.from({ length: 10 }, async (_, i) => {
    const hold = await scene.granted(i % 2 === 0 ? scene.one : scene.two, {
      key: `${scene.key}:${String(batch)}:${String(i)}`,
    });
    assert.equal(await hold.release({ used: 1 }), true);
  });
}
