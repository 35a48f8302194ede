import assert from 'node:assert/strict';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { block, ROUNDING_MS, type Rules, soon } from './backend-suite.scene.js';

/** Much longer than a round trip, shorter than half a lease. */
const LATE_MS = 60;

export const leaseRules: Rules = {
  'an expired key is free for others, and lost for its holder': async (scene) => {
    const lost = await scene.expired(scene.one);
    const next = await scene.granted(scene.two);
    if (lost.renew !== undefined) assert.equal(await lost.renew(scene.leaseMs), false);
    assert.equal(await lost.release({ used: 1 }), false);
    await scene.refused(scene.one);
    assert.equal(await next.release({ used: 1 }), true);
  },

  'an expired hold is not renewed, though nobody took the key': async (scene) => {
    const lost = await scene.expired(scene.one);
    if (lost.renew === undefined) return;
    assert.equal(await lost.renew(scene.leaseMs), false);
    await scene.granted(scene.two);
  },

  'an expired hold is not released, though nobody took the key': async (scene) => {
    const lost = await scene.expired(scene.one);
    assert.equal(await lost.release({ used: 1, keepMs: 10_000 }), false);
    await scene.granted(scene.two);
  },

  'the deadline leaves more than half the lease': async (scene) => {
    const sent = performance.now();
    const hold = await scene.granted(scene.one, { leaseMs: scene.leaseMs });
    // A session has a length of its own.
    const lengthMs = hold.renew ? scene.leaseMs : (hold.grantedMs ?? scene.leaseMs);
    assert.ok(hold.deadline > sent + lengthMs / 2);
  },

  'the deadline comes before the end at the store, also when the answer is late': async (scene) => {
    await scene.one.ping();
    const asked = scene.granted(scene.one, { leaseMs: scene.leaseMs });
    await setImmediate();
    block(LATE_MS);
    const { deadline } = await asked;
    scene.silence(scene.one);
    const { at } = await scene.grantedAtLast(scene.two);
    assert.ok(deadline < at, `${(deadline - at).toFixed(1)} ms too late`);
  },

  'the deadline of a repeated request comes before the end at the store': async (scene) => {
    const wish = { owner: `suite-${scene.key}`, leaseMs: scene.leaseMs };
    await scene.granted(scene.one, wish);
    await sleep(scene.leaseMs / 3);
    const { deadline } = await scene.granted(scene.one, wish);
    scene.silence(scene.one);
    const { at } = await scene.grantedAtLast(scene.two);
    assert.ok(deadline < at, `${(deadline - at).toFixed(1)} ms too late`);
  },

  'a renewal moves the end at the store and tells the new deadline': async (scene) => {
    const hold = await scene.granted(scene.one, { leaseMs: scene.leaseMs });
    const answered = performance.now();
    const { deadline } = hold;
    if (hold.renew === undefined) return;
    const asked = hold.renew(2 * scene.leaseMs);
    await setImmediate();
    block(LATE_MS);
    const renewed = await asked;
    assert.ok(renewed !== false && renewed > deadline);
    await sleep(answered + scene.leaseMs + 2 * ROUNDING_MS - performance.now());
    await scene.refused(scene.two);
    const { at } = await scene.grantedAtLast(scene.two);
    assert.ok(renewed < at, `${(renewed - at).toFixed(1)} ms too late`);
  },

  'renewals keep the key as long as they come': async (scene) => {
    const hold = await scene.granted(scene.one, { leaseMs: scene.leaseMs });
    if (hold.renew === undefined) return;
    for (let renewal = 0; renewal < 6; renewal++) {
      await sleep(scene.leaseMs / 3);
      assert.notEqual(await soon('a renewal', hold.renew(scene.leaseMs)), false);
      await scene.refused(scene.two);
    }
    assert.equal(await hold.release({ used: 1 }), true);
  },

  'a released hold is not renewed': async (scene) => {
    const hold = await scene.granted(scene.one);
    await hold.release({ used: 1 });
    if (hold.renew !== undefined) assert.equal(await hold.renew(60_000), false);
    const next = await scene.granted(scene.two);
    if (hold.renew !== undefined) assert.equal(await hold.renew(60_000), false);
    assert.equal(await next.release({ used: 1 }), true);
  },
};
