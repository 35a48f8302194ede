import type { BackendFixture } from './backend-suite.fixture.js';
import { freedRules } from './backend-suite.freed.js';
import { grantRules } from './backend-suite.grants.js';
import { leaseRules } from './backend-suite.leases.js';
import { queueRules } from './backend-suite.queue.js';
import { releaseRules } from './backend-suite.releases.js';
import { type Rules, Scene } from './backend-suite.scene.js';
import { storeRules } from './backend-suite.store.js';
import { tokenRules } from './backend-suite.tokens.js';

/** `describe` and `it` of jest, vitest or node:test. */
export interface SuiteRunner {
  describe(name: string, body: () => void): unknown;
  it(name: string, body: () => Promise<void>): unknown;
}

// Globals of jest and vitest; only touched when no runner is given.
declare const describe: SuiteRunner['describe'];
declare const it: SuiteRunner['it'];

const SUBJECTS: Readonly<Record<string, Rules>> = {
  grants: grantRules,
  tokens: tokenRules,
  leases: leaseRules,
  releases: releaseRules,
  freed: freedRules,
  queue: queueRules,
  store: storeRules,
};

/**
 * Checks that a store keeps every rule of the seam (`LockBackend`): on the real store, in real time, with two clients. Each
 * test is done within 5 s on a store that answers within a few ms.
 *
 * @param make lends a fixture for one test
 * @param runner default: the global `describe` and `it`
 */
export function describeLockBackend(
  name: string,
  make: () => Promise<BackendFixture>,
  runner: SuiteRunner = { describe, it },
): void {
  runner.describe(`lock backend ${name}`, () => {
    for (const [subject, rules] of Object.entries(SUBJECTS)) {
      runner.describe(subject, () => {
        for (const [rule, check] of Object.entries(rules)) {
          runner.it(rule, async () => {
            const scene = new Scene(await make());
            try {
              await scene.connect();
              await check(scene);
            } finally {
              await scene.close();
            }
          });
        }
      });
    }
  });
}
