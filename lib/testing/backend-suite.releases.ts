import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { ROUNDING_MS, type Rules } from './backend-suite.scene.js';

export const releaseRules: Rules = {
  'a release frees the key at once': async (scene) => {
    for (const [from, to] of [
      [scene.one, scene.two],
      [scene.two, scene.two],
    ] as const) {
      const hold = await scene.granted(from);
      assert.equal(await hold.release({ used: 1 }), true);
      const next = await scene.granted(to);
      assert.equal(await next.release({ used: 1, keepMs: 0 }), true);
    }
  },

  'a second release changes nothing': async (scene) => {
    const hold = await scene.granted(scene.one);
    await hold.release({ used: 1 });
    await hold.release({ used: 1 });
    const next = await scene.granted(scene.two);
    assert.equal(await hold.release({ used: 1 }), false);
    assert.equal(await hold.release({ used: 1, keepMs: 60_000 }), false);
    await scene.refused(scene.one);
    assert.equal(await next.release({ used: 1 }), true);
    await scene.granted(scene.one);
  },

  'an owner may take the key again after its release': async (scene) => {
    const owner = randomUUID();
    const first = await scene.granted(scene.one, { owner });
    await first.release({ used: 1 });
    const second = await scene.granted(scene.one, { owner });
    assert.ok(second.first > first.first);
    assert.equal(await second.release({ used: 1 }), true);
  },

  '`keepMs` keeps the key from everybody, then it is free': async (scene) => {
    const owner = randomUUID();
    const hold = await scene.granted(scene.one, { owner });
    const sent = performance.now();
    assert.equal(await hold.release({ used: 1, keepMs: scene.leaseMs }), true);
    const { remainingMs } = await scene.refused(scene.two);
    if (remainingMs !== undefined) assert.ok(remainingMs <= scene.leaseMs + ROUNDING_MS);
    await scene.refused(scene.one);
    await scene.refused(scene.one, { owner });
    const { at } = await scene.grantedAtLast(scene.two);
    assert.ok(at >= sent + scene.leaseMs - ROUNDING_MS, 'the key was not kept long enough');
  },

  '`keepMs` may outlast the lease': async (scene) => {
    const hold = await scene.granted(scene.one, { leaseMs: scene.leaseMs });
    const sent = performance.now();
    assert.equal(await hold.release({ used: 1, keepMs: 2 * scene.leaseMs }), true);
    const { at } = await scene.grantedAtLast(scene.two, 2 * scene.leaseMs + 2_000);
    assert.ok(at >= sent + 2 * scene.leaseMs - ROUNDING_MS, 'the key was not kept long enough');
  },

  'a kept key is nobody’s to renew, release or abandon': async (scene) => {
    const owner = randomUUID();
    const hold = await scene.granted(scene.one, { owner });
    await hold.release({ used: 1, keepMs: 60_000 });
    if (hold.renew !== undefined) assert.equal(await hold.renew(scene.leaseMs), false);
    await hold.release({ used: 1 });
    await scene.one.abandon(scene.key, owner);
    await scene.refused(scene.two);
  },

  'abandon takes back what the owner holds': async (scene) => {
    const owner = randomUUID();
    const hold = await scene.granted(scene.one, { owner });
    await scene.one.abandon(scene.key, owner);
    await scene.granted(scene.two);
    if (hold.renew !== undefined) assert.equal(await hold.renew(scene.leaseMs), false);
    assert.equal(await hold.release({ used: 1 }), false);
    await scene.refused(scene.one);
  },

  'abandon of nothing succeeds': async (scene) => {
    const owner = randomUUID();
    await scene.one.abandon(scene.key, owner);
    const hold = await scene.granted(scene.one, { owner });
    await hold.release({ used: 1 });
    await scene.one.abandon(scene.key, owner);
    await scene.granted(scene.two);
  },

  'abandon leaves other owners alone': async (scene) => {
    const hold = await scene.granted(scene.one);
    await scene.one.abandon(scene.key, randomUUID());
    await scene.two.abandon(scene.key, randomUUID());
    await scene.refused(scene.two);
    assert.equal(await hold.release({ used: 1 }), true);
  },
};
