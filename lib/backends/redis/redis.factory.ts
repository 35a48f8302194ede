import { type Cluster, Redis, type RedisOptions } from 'ioredis';
import type { LockBackend } from '../../core/backend.js';
import { checkKnown } from '../../core/check-known.js';
import { type ConfiguredDuration, parseDuration } from '../../core/duration.js';
import { LockOptionsError } from '../../core/errors.js';
import { CONNECTION_SETTINGS } from './connection.settings.js';
import { RedisBackend } from './redis.backend.js';
import type { ClientSource } from './redis.connections.js';
import { clientMaker } from './redis.url.js';

/** How to reach Redis: exactly one of the three. */
export type RedisTarget =
  | {
      /** `redis://user:password@host:6379/0`, `rediss://…`, `redis+sentinel://h1,h2/master`, `redis+cluster://h1,h2`. */
      readonly url: string;
    }
  | {
      /** ioredis options, for what a URL cannot say: TLS certificates, sentinel passwords. */
      readonly connection: RedisOptions;
    }
  | {
      /** Your own ioredis client or cluster: commands go through it, it is duplicated once to listen, and never closed. */
      readonly client: Redis | Cluster;
    };

export type RedisLockOptions = RedisTarget & {
  /** What the names of locks begin with; default `lock:`. */
  readonly prefix?: string | undefined;
  /** The exact name of a key's lock, instead of `prefix`: to share locks with another client. Distinct for distinct keys. */
  readonly keyOf?: ((key: string) => string) | undefined;
  /** `'redlock'`: no queue, no hand-over; every release leaves the key free. While a fleet of polling clients is replaced. */
  readonly compat?: 'redlock' | undefined;
  /**
   * How often clients of other kinds ask for the same keys. Once a second a key that is in demand is then left free for so
   * long, so that they get their turn; ≤ 1 s. Without it they may wait as long as ours keep the key busy.
   */
  readonly foreignRetry?: ConfiguredDuration | undefined;
  /** Told what is wrong with the server's configuration; default `process.emitWarning`. */
  readonly onWarning?: ((message: string) => void) | undefined;
};

const OPTIONS = ['url', 'connection', 'client', 'prefix', 'keyOf', 'compat', 'foreignRetry', 'onWarning'];

/**
 * Locks in Redis ≥ 6.2 or a compatible server, single, with Sentinel, or a cluster. Needs `ioredis`.
 *
 * @throws LockOptionsError naming the option that is missing, unknown or out of bounds
 */
export function redis(options: RedisLockOptions): LockBackend {
  checkKnown(options, OPTIONS);
  const { prefix = 'lock:', compat, foreignRetry = 0, onWarning = warn } = options;
  const { keyOf = (key: string) => prefix + key } = options;
  if (typeof prefix !== 'string') throw new LockOptionsError('prefix', 'must be a string.');
  if (typeof keyOf !== 'function') throw new LockOptionsError('keyOf', 'must be a function from a key to a name.');
  if (compat !== undefined && (compat as unknown) !== 'redlock')
    throw new LockOptionsError('compat', "must be 'redlock'.");
  const gapMs = Math.ceil(parseDuration('foreignRetry', foreignRetry, { max: 1_000 }));
  return new RedisBackend({ source: sourceOf(options), nameOf: keyOf, queues: compat === undefined, gapMs, onWarning });
}

function sourceOf(options: RedisTarget): ClientSource {
  const { url, connection, client } = options as { url?: unknown; connection?: RedisOptions; client?: Redis | Cluster };
  if ([url, connection, client].filter((target) => target !== undefined).length !== 1) {
    throw new LockOptionsError('url', 'or `connection` or `client` must be given, and only one of them.');
  }
  if (client !== undefined) {
    if (typeof client.duplicate !== 'function')
      throw new LockOptionsError('client', 'must be an ioredis client or cluster.');
    return { given: client, make: () => duplicateOf(client) };
  }
  if (connection !== undefined) {
    const settings = { ...CONNECTION_SETTINGS, ...connection };
    return { make: () => new Redis(settings) };
  }
  if (typeof url !== 'string') throw new LockOptionsError('url', 'must be a string.');
  return { make: clientMaker(url) };
}

/** The same server, but with a life of its own: it connects when made, and is subscribed by us. */
function duplicateOf(client: Redis | Cluster): Redis | Cluster {
  if (client.isCluster) return (client as Cluster).duplicate([], { lazyConnect: false });
  return (client as Redis).duplicate({ lazyConnect: false, autoResubscribe: false });
}

function warn(message: string): void {
  process.emitWarning(message, { type: 'LockWarning', code: 'NESTJS_LOCKED_REDIS' });
}
