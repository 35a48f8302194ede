import { LockKeyError } from '../../core/errors.js';

/** Where the parts of one lock are. */
export interface KeyNames {
  readonly key: string;
  readonly lock: string;
  /** Lock, token floor, queue, waiters: as the script wants them. */
  readonly all: readonly [string, string, string, string];
  /** What decides the slot in a cluster: operations with the same tag may travel together. */
  readonly tag: string;
}

/**
 * The keys beside the lock share its slot, and their names collide with nobody's: of a lock with a hash tag they keep
 * the tag, of any other they wrap the whole name as one.
 */
export function keyNames(key: string, lock: string, { keyPrefix = '', isCluster = false } = {}): KeyNames {
  const hashed = keyPrefix + lock;
  const tag = /^[^{]*\{([^}]+)\}/.exec(hashed)?.[1];
  if (isCluster && tag === undefined && hashed.includes('}')) {
    const message = 'A key with } and without a hash tag has no fixed place in a cluster. Use another key, or a {tag}.';
    throw new LockKeyError(message, { key, backend: 'redis' });
  }
  const place = tag === undefined ? `{${hashed}}` : `:${hashed}`;
  const beside = (part: string): string => `nestjs-locked:${part}${place}`;
  return { key, lock, all: [lock, beside('floor'), beside('queue'), beside('waiters')], tag: tag ?? hashed };
}
