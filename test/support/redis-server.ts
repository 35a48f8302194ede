import type { Redis } from 'ioredis';
import { LEAST_RIGHTS } from './least-rights.js';
import { OwnServer } from './own-server.js';
import type { ServerKind } from './server-kind.js';
import { SERVER_KINDS } from './server-kinds.js';
import { withRedis } from './with-redis.js';

/** Nobody gets in without a password: who forgets the credentials of `locker` must not be an administrator unnoticed. */
export const ADMIN = { username: 'default', password: 'password-of-admin' } as const;
/** The user with the least rights that nestjs-locked/redis needs. */
export const LOCKER = { username: 'locker', password: 'password-of-locker' } as const;

/** Settings of redis.conf by name: `{ maxmemory: '3mb' }`. */
export type RedisConfig = Readonly<Record<string, string>>;

export interface RedisOptions {
  /** Beside or instead of what `startServer` sets; data survive a kill as long as `appendonly` is left alone. */
  readonly config?: RedisConfig;
}

/** A Redis of one spec's own, which the spec may treat as it likes. */
export class RedisServer extends OwnServer {
  static async start({ config = {} }: RedisOptions = {}, env: NodeJS.ProcessEnv = process.env): Promise<RedisServer> {
    return new RedisServer(await OwnServer.launch(kindWith({ ...DEFAULTS, ...config }), env));
  }

  /** For the user with the least rights. */
  get url(): string {
    return this.#url(LOCKER);
  }

  /** For the user who may do everything. */
  get adminUrl(): string {
    return this.#url(ADMIN);
  }

  /** Does something as administrator, on a connection for this only. */
  administer<T>(work: (redis: Redis) => Promise<T>): Promise<T> {
    return withRedis(this.adminUrl, work);
  }

  #url({ username, password }: typeof ADMIN | typeof LOCKER): string {
    return `redis://${username}:${password}@${this.host}:${this.port}`;
  }
}

/** Starts a Redis of one spec's own with settings of its own; it can be killed and started again. */
export function startRedis(options?: RedisOptions): Promise<RedisServer> {
  return RedisServer.start(options);
}

const DEFAULTS: RedisConfig = {
  requirepass: ADMIN.password,
  // What has been answered is with the operating system, which is not killed: nothing to wait for on a disk.
  appendonly: 'yes',
  appendfsync: 'no',
};

function kindWith(config: RedisConfig): ServerKind {
  const { redis } = SERVER_KINDS;
  const settings = Object.entries(config).flatMap(([name, value]) => [`--${name}`, value]);
  const user = ['--user', LOCKER.username, 'on', `>${LOCKER.password}`, ...LEAST_RIGHTS];
  return { ...redis, arguments: (port, folder) => [...redis.arguments(port, folder), ...settings, ...user] };
}
