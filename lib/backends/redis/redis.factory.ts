import type { LockBackend } from '../../core/backend.js';
import { checkKnown } from '../../core/check-known.js';
import { type ConfiguredDuration, parseDuration } from '../../core/duration.js';
import { LockOptionsError } from '../../core/errors.js';
import { RedisBackend } from './redis.backend.js';
import { type RedisTarget, sourceOf, TARGETS } from './redis.target.js';
import { readShared, SHARED_OPTIONS, type SharedOptions } from './shared.options.js';

export type RedisLockOptions = RedisTarget &
  SharedOptions & {
    /**
     * `'redlock'`: while a fleet of clients that poll is replaced by this one. No queue, no hand-over: every release deletes
     * the key, and `foreignRetry` is 300 ms, the longest pause of redlock's default settings, unless given.
     */
    readonly compat?: 'redlock' | undefined;
    /**
     * The longest pause between two tries of clients of other kinds for the same keys, ≤ 1 s. A key that ours have again and
     * again is then left free for so long now and then, `wait: 0` finds it busy meanwhile, so that such a client has its
     * turn within a second and a hold, or within three pauses where those last longer. Default 0: never; they may wait as
     * long as ours keep the key busy.
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

/** Of redlock by default: 200 ± 100. */
const REDLOCK_RETRY_MS = 300;
/** By so much a try may come late: its round trip, and the timers of its process. */
const LATENESS_MS = 10;

/**
 * Locks in Redis ≥ 6.2 or a compatible server, single, with Sentinel, or a cluster. Needs `ioredis`.
 *
 * @throws LockOptionsError naming the option that is missing, unknown or out of bounds
 */
export function redis(options: RedisLockOptions): LockBackend {
  checkKnown(options, OPTIONS);
  const { compat, minReplicas = 0, strict = false } = options;
  if (compat !== undefined && (compat as unknown) !== 'redlock')
    throw new LockOptionsError('compat', "must be 'redlock'.");
  const { foreignRetry = compat === undefined ? 0 : REDLOCK_RETRY_MS } = options;
  const retryMs = Math.ceil(parseDuration('foreignRetry', foreignRetry, { max: 1_000 }));
  const gapMs = retryMs === 0 ? 0 : retryMs + LATENESS_MS;
  if (!Number.isInteger(minReplicas) || minReplicas < 0)
    throw new LockOptionsError('minReplicas', 'must be a whole number from 0.');
  if (typeof strict !== 'boolean') throw new LockOptionsError('strict', 'must be true or false.');
  const source = sourceOf(options);
  if (minReplicas > 0 && source.isCluster)
    throw new LockOptionsError('minReplicas', 'is not for clusters: no connection knows which master to ask.');
  return new RedisBackend({ ...readShared(options), source, queues: compat === undefined, gapMs, minReplicas, strict });
}
