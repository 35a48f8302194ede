import { Locker } from 'nestjs-locked/core';
import { redis } from 'nestjs-locked/redis';
import type { Contestant, ContestantSettings } from '../support/contestant.js';
import { asContestant } from '../support/locker.contestant.js';

export const inScripts = [
  ...['time', 'get', 'set', 'del', 'pttl', 'pexpire', 'publish'],
  ...['zadd', 'zrem', 'zrange', 'hset', 'hget', 'hdel', 'hexists'],
];

export function open({ url, leaseMs, waitMs, handOver }: ContestantSettings): Contestant {
  return asContestant(new Locker(redis({ url }), { lease: leaseMs, wait: waitMs, handOver }));
}
