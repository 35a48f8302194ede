import type { LockBackend } from '../../../core/backend.js';
import { checkKnown } from '../../../core/check-known.js';
import { LockOptionsError } from '../../../core/errors.js';
import { type RedisTarget, sourceOf, TARGETS } from '../redis.target.js';
import { readShared, SHARED_OPTIONS, type SharedOptions } from '../shared.options.js';
import { QuorumBackend } from './quorum.backend.js';
import { QuorumNode } from './quorum.node.js';

export type RedisQuorumOptions = SharedOptions;

const LEAST_SERVERS = 3;

/**
 * Locks over several Redis servers that know nothing of each other (Redlock, with fencing tokens): the key is yours while a
 * majority of them says so, so a minority may be down. Waiting processes poll; use an odd number of servers. Needs `ioredis`.
 *
 * @param targets at least 3 servers, each independent of the others: no replicas of one another
 * @throws LockOptionsError naming the option that is missing, unknown or out of bounds
 */
export function redisQuorum(targets: readonly RedisTarget[], options: RedisQuorumOptions = {}): LockBackend {
  checkKnown(options, SHARED_OPTIONS);
  const shared = readShared(options);
  if (!Array.isArray(targets) || targets.length < LEAST_SERVERS) {
    throw new LockOptionsError('targets', `must be a list of at least ${String(LEAST_SERVERS)} servers.`);
  }
  for (const target of targets) checkKnown(target, TARGETS);
  const identities = targets.map(identityOf).filter((identity) => identity !== undefined);
  if (new Set(identities).size < identities.length) {
    throw new LockOptionsError('targets', 'must be different servers: one of them is named twice.');
  }
  const sources = (targets as readonly RedisTarget[]).map(sourceOf);
  if (targets.length % 2 === 0) {
    const fewer = String(targets.length - 1);
    shared.onWarning(
      `A quorum of ${String(targets.length)} Redis servers survives no more failures than one of ${fewer}.`,
    );
  }
  return new QuorumBackend(() => sources.map((source, i) => new QuorumNode(i + 1, source, shared)));
}

/** By which a server that is named twice would be counted twice. */
function identityOf(target: object): unknown {
  if ('url' in target) return target.url;
  if ('client' in target) return target.client;
  return undefined;
}
