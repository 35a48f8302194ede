import { type Cluster, Redis, type RedisOptions } from 'ioredis';
import { OPERATION_TIMEOUT_MS } from '../../core/deadline.js';
import { LockOptionsError } from '../../core/errors.js';
import { CONNECTION_SETTINGS } from './connection.settings.js';
import type { ClientSource } from './redis.connections.js';
import { clientOf } from './redis.url.js';

export const TARGETS = ['url', 'connection', 'client'];

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

/** @throws LockOptionsError which never contains the URL */
export function sourceOf(options: RedisTarget): ClientSource {
  const { url, connection, client } = options as { url?: unknown; connection?: RedisOptions; client?: Redis | Cluster };
  if ([url, connection, client].filter((target) => target !== undefined).length !== 1) {
    throw new LockOptionsError('url', 'or `connection` or `client` must be given, and only one of them.');
  }
  if (client !== undefined) {
    if (typeof client.duplicate !== 'function' || typeof client.evalsha !== 'function')
      throw new LockOptionsError('client', 'must be a client or a cluster of ioredis.');
    return { given: client, isCluster: client.isCluster, make: () => duplicateOf(client) };
  }
  if (connection !== undefined) {
    const settings = { ...CONNECTION_SETTINGS, ...connection };
    return { isCluster: false, make: () => new Redis(settings) };
  }
  if (typeof url !== 'string') throw new LockOptionsError('url', 'must be a string.');
  return clientOf(url);
}

/** A connection that died in silence is cut, and one that has ended does not keep the process. */
const FOUND_OUT = { socketTimeout: OPERATION_TIMEOUT_MS, disconnectTimeout: 100 };

/** The same server, but with a life of its own: it connects when made, and is subscribed by us. */
function duplicateOf(client: Redis | Cluster): Redis | Cluster {
  if (client.isCluster) return (client as Cluster).duplicate([], { lazyConnect: false });
  return (client as Redis).duplicate({ lazyConnect: false, autoResubscribe: false, ...FOUND_OUT });
}
