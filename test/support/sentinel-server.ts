import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { OwnServer } from './own-server.js';
import { ADMIN, type RedisServer } from './redis-server.js';
import type { ServerKind } from './server-kind.js';
import { SERVER_KINDS } from './server-kinds.js';
import { withRedis } from './with-redis.js';

const QUORUM = 2;

/** After which a fail-over that came to nothing, as where votes are split, is tried again. */
const RETRY_AFTER_MS = 4_000;

/** How often Sentinel does things: by default it takes seconds to learn who is there. */
const HASTE = ['INFO-PERIOD', 100, 'PUBLISH-PERIOD', 100, 'ASK-PERIOD', 100, 'TILT-PERIOD', 1_000];

/** What a Sentinel reports of a server, by the names that it gives. */
type Report = Readonly<Record<string, string>>;

/** One Sentinel; it wants no password. */
export class SentinelServer extends OwnServer {
  static async start(env: NodeJS.ProcessEnv = process.env): Promise<SentinelServer> {
    return new SentinelServer(await OwnServer.launch(KIND, env));
  }

  /** Has it watch a master, and through it find the replicas and the other Sentinels. */
  async watch(name: string, master: RedisServer, downAfterMs: number): Promise<void> {
    const credentials = ['auth-user', ADMIN.username, 'auth-pass', ADMIN.password];
    const times = ['down-after-milliseconds', downAfterMs, 'failover-timeout', RETRY_AFTER_MS / 2];
    await this.#ask(async (redis) => {
      await redis.call('SENTINEL', 'DEBUG', ...HASTE);
      await redis.call('SENTINEL', 'MONITOR', name, master.host, master.port, QUORUM);
      await redis.call('SENTINEL', 'SET', name, ...credentials, ...times);
    });
  }

  async masterPort(name: string): Promise<number> {
    const address = await this.#ask((redis) => redis.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name));
    return Number((address as string[])[1]);
  }

  /** The master's report, and those of its replicas. */
  async reports(name: string): Promise<{ master: Report; replicas: Report[] }> {
    return this.#ask(async (redis) => ({
      master: toReport((await redis.call('SENTINEL', 'MASTER', name)) as string[]),
      replicas: ((await redis.call('SENTINEL', 'REPLICAS', name)) as string[][]).map(toReport),
    }));
  }

  #ask<T>(work: (redis: Redis) => Promise<T>): Promise<T> {
    return withRedis(SERVER_KINDS.redis.url(this.port), work);
  }
}

/** A Sentinel refuses to start without a file to keep its state in; what it watches it is told once it answers. */
const KIND: ServerKind = {
  ...SERVER_KINDS.redis,
  ready: /Sentinel ID is/,
  prepare: ({ folder }) => writeFile(join(folder, 'sentinel.conf'), '', { flag: 'a' }),
  arguments: (port, folder) => [
    ...[join(folder, 'sentinel.conf'), '--sentinel'],
    ...['--port', String(port), '--bind', '127.0.0.1', '--dir', folder],
  ],
};

function toReport(flat: readonly string[]): Report {
  const names = flat.filter((_, index) => index % 2 === 0);
  return Object.fromEntries(names.map((name, index) => [name, flat[2 * index + 1] ?? '']));
}
