import { Locker } from 'nestjs-locked/core';
import { typeorm } from 'nestjs-locked/typeorm';
import type { Contestant, ContestantSettings } from '../../support/contestant.js';
import { asContestant } from '../../support/locker.contestant.js';

export function open({ url, leaseMs, waitMs, handOver, poolSize }: ContestantSettings): Contestant {
  return asContestant(new Locker(typeorm({ url, poolSize }), { lease: leaseMs, wait: waitMs, handOver }));
}
