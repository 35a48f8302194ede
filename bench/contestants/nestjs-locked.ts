import { Locker } from 'nestjs-locked/core';
import { redis } from 'nestjs-locked/redis';
import type { Contestant, ContestantSettings } from '../support/contestant.js';
import { asContestant } from '../support/locker.contestant.js';

export function open({ url, leaseMs, waitMs, handOver }: ContestantSettings): Contestant {
  return asContestant(new Locker(redis({ url }), { lease: leaseMs, wait: waitMs, handOver }));
}
