import { ZookeeperServer } from '../../test/support/zookeeper-server.js';
import { inChild } from '../support/child.js';
import type { CrowdLog } from '../support/crowd.js';
import { backwardTokens, twoInside } from '../support/crowd.figures.js';
import { type Entrant, mustNotHappen, weMustNot } from '../support/entrant.js';
import { StartingLine } from '../support/starting-line.js';
import { crowd } from './crowd.work.js';
import { FOREIGN, foreignCrowd } from './foreign.js';

export const WAIT_MS = 15_000;
/** For Java to compile what it runs often, the server too. */
export const WARM_UP_MS = 6_000;

export interface Crowds {
  readonly processes: number;
  /** In each process. */
  readonly workers: number;
  readonly ms: number;
  readonly holdMs?: number;
  readonly ownKeys?: boolean;
}

/** Processes full of workers that want one key, or each its own, on a server of their own. Any error of any of them is thrown. */
export async function crowds(entrant: Entrant, size: Crowds): Promise<readonly CrowdLog[]> {
  const { processes, ...rest } = size;
  const server = await ZookeeperServer.start();
  try {
    const line = new StartingLine(processes);
    const input = {
      ...{ ...entrant, ownKeys: false, ...rest, url: server.url, key: 'key' },
      ...{ leaseMs: 10_000, waitMs: WAIT_MS, warmUpMs: WARM_UP_MS },
    };
    const one = (): Promise<CrowdLog> =>
      isForeign(entrant.module)
        ? foreignCrowd(entrant.module, input, line)
        : inChild('zookeeper/crowd.work', crowd, input, line);
    const logs = await Promise.all(Array.from({ length: processes }, one));
    if (!size.ownKeys) {
      mustNotHappen('two were inside at once', twoInside(logs), entrant);
      weMustNot('a token was not larger than the one before', backwardTokens(logs), entrant);
    }
    const sum = (count: (log: CrowdLog) => number): number => logs.reduce((all, log) => all + count(log), 0);
    weMustNot(
      'a worker was not served in time',
      sum(({ timedOut }) => timedOut),
      entrant,
    );
    weMustNot(
      'a lease ended before it was given back',
      sum(({ expired }) => expired),
      entrant,
    );
    return logs;
  } finally {
    await server.stop();
  }
}

function isForeign(module: string): module is keyof typeof FOREIGN {
  return Object.hasOwn(FOREIGN, module);
}
