import type { LockBackend } from '../../core/backend.js';
import { checkKnown } from '../../core/check-known.js';
import { type ConfiguredDuration, parseDuration } from '../../core/duration.js';
import { LockOptionsError } from '../../core/errors.js';
import { RedisBackend } from './redis.backend.js';
import { type RedisTarget, sourceOf, TARGETS } from './redis.target.js';
import { readShared, SHARED_OPTIONS, type SharedOptions } from './shared.options.js';

export type RedisLockOptions = RedisTarget &
  SharedOptions & {
    /** `'redlock'`: no queue, no hand-over; every release leaves the key free. While a fleet of polling clients is replaced. */
    readonly compat?: 'redlock' | undefined;
    /**
     * How often clients of other kinds ask for the same keys. Once a second a key that is in demand is then left free for
     * so long, so that they get their turn; ≤ 1 s. Without it they may wait as long as ours keep the key busy.
     */
    readonly foreignRetry?: ConfiguredDuration | undefined;
    /**
     * How many replicas must have every grant and every renewal before it counts (WAIT), so that a fail-over to one of them
     * forgets no lock; default 0. Each costs a round trip to the replicas. Not for clusters.
     */
    readonly minReplicas?: number | undefined;
    /** Refuses to start on a server that may evict locks, instead of warning; default `false`. */
    readonly strict?: boolean | undefined;
  };

const OPTIONS = [...TARGETS, ...SHARED_OPTIONS, 'compat', 'foreignRetry', 'minReplicas', 'strict'];

/**
 * Locks in Redis ≥ 6.2 or a compatible server, single, with Sentinel, or a cluster. Needs `ioredis`.
 *
 * @throws LockOptionsError naming the option that is missing, unknown or out of bounds
 */
export function redis(options: RedisLockOptions): LockBackend {
  checkKnown(options, OPTIONS);
  const { compat, foreignRetry = 0, minReplicas = 0, strict = false } = options;
  if (compat !== undefined && (compat as unknown) !== 'redlock')
    throw new LockOptionsError('compat', "must be 'redlock'.");
  const gapMs = Math.ceil(parseDuration('foreignRetry', foreignRetry, { max: 1_000 }));
  if (!Number.isInteger(minReplicas) || minReplicas < 0)
    throw new LockOptionsError('minReplicas', 'must be a whole number from 0.');
  if (typeof strict !== 'boolean') throw new LockOptionsError('strict', 'must be true or false.');
  const source = sourceOf(options);
  if (minReplicas > 0 && source.isCluster)
    throw new LockOptionsError('minReplicas', 'is not for clusters: no connection knows which master to ask.');
  return new RedisBackend({ ...readShared(options), source, queues: compat === undefined, gapMs, minReplicas, strict });
}
