import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { ROUNDING_MS, type Rules, tokenAfter } from './backend-suite.scene.js';

export const tokenRules: Rules = {
  'as many tokens as were asked for, or fewer, never none': async (scene) => {
    const { maxTurns } = scene.one;
    for (const turns of [1, Math.min(5, maxTurns), maxTurns]) {
      const hold = await scene.granted(scene.one, { turns });
      assert.ok(hold.count >= 1 && hold.count <= turns, `${String(hold.count)} tokens for ${String(turns)} turns`);
      await hold.release({ used: 1 });
    }
  },

  'tokens grow over releases, past the last one used': async (scene) => {
    let next = 1n;
    for (const used of [1, 3, 5, 0, 1, 5, 2]) {
      const client = used % 2 === 0 ? scene.one : scene.two;
      const hold = await scene.granted(client, { turns: 5 });
      assert.ok(hold.first >= next, 'a token came twice or went backwards');
      const handedOut = Math.min(used, hold.count);
      next = tokenAfter(hold, handedOut);
      await hold.release({ used: handedOut });
    }
  },

  'tokens grow over an expired lease, past its whole block': async (scene) => {
    const lost = await scene.expired(scene.one, { turns: scene.one.maxTurns });
    const next = await scene.granted(scene.two);
    assert.ok(next.first >= tokenAfter(lost), 'the expired hold may have used that token');
  },

  'tokens grow over an abandoned hold': async (scene) => {
    const owner = randomUUID();
    const abandoned = await scene.granted(scene.one, { owner, turns: 5 });
    await scene.two.abandon(scene.key, owner);
    const next = await scene.granted(scene.one);
    assert.ok(next.first > abandoned.first);
  },

  'tokens grow over a key that was kept': async (scene) => {
    const hold = await scene.granted(scene.one, { turns: 5 });
    await hold.release({ used: hold.count, keepMs: 30 });
    const { hold: next } = await scene.grantedAtLast(scene.two);
    assert.ok(next.first >= tokenAfter(hold));
  },

  'tokens grow over the cleaning of idle keys': async (scene) => {
    const hold = await scene.granted(scene.one, { turns: scene.one.maxTurns });
    await hold.release({ used: hold.count });
    await scene.fixture.purge?.();
    const next = await scene.granted(scene.two);
    assert.ok(next.first >= tokenAfter(hold));
  },

  'tokens grow over the closing of every client': async (scene) => {
    const hold = await scene.granted(scene.one, { turns: scene.one.maxTurns });
    await hold.release({ used: hold.count });
    await scene.one.close?.();
    await scene.two.close?.();
    const next = await scene.granted(scene.two);
    assert.ok(next.first >= tokenAfter(hold));
  },

  'unused tokens are given back, so that tokens do not outrun time': async (scene) => {
    if (scene.fixture.ownNumbers === true) return;
    const turns = scene.one.maxTurns;
    const rounds = 100;
    const start = performance.now();
    let first: bigint | undefined;
    for (let round = 0; round < rounds; round++) {
      const hold = await scene.granted(scene.one, { turns });
      first ??= hold.first;
      const elapsedMs = performance.now() - start;
      await hold.release({ used: 1 });
      const ahead = Number(hold.first - first) - elapsedMs * 1000;
      // One token for each hold before, and what a clock of whole ms may be off by.
      assert.ok(ahead <= round + ROUNDING_MS * 1000, `tokens are ${String(Math.round(ahead))} µs ahead of time`);
    }
  },
};
