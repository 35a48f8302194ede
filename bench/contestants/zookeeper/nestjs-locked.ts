import { Locker } from 'nestjs-locked/core';
import { zookeeper } from 'nestjs-locked/zookeeper';
import type { Contestant, ContestantSettings } from '../../support/contestant.js';
import { asContestant } from '../../support/locker.contestant.js';

export function open({ url, leaseMs, waitMs, handOver }: ContestantSettings): Contestant {
  return asContestant(
    new Locker(zookeeper({ url, root: '/bench' }), {
      lease: leaseMs,
      wait: waitMs,
      ...(handOver !== undefined && { handOver }),
    }),
  );
}
