import { Redis } from 'ioredis';
import { redis, type RedisLockOptions } from '../../lib/backends/redis/index.js';
import type { Locker } from '../../lib/core/index.js';
import { askUntil } from '../support/ask-until.js';
import { leftovers } from '../support/leftovers.js';
import { type RedisConfig, type RedisServer, startRedis } from '../support/redis-server.js';
import { Stage } from '../support/stage.js';

/** A Redis, those who contend for its locks as the user with the least rights, and a look behind their backs. */
export class RedisStage extends Stage {
  private constructor(
    readonly server: RedisServer,
    readonly admin: Redis,
  ) {
    super(server.url);
  }

  static async start(config?: RedisConfig): Promise<RedisStage> {
    const server = await startRedis({ ...(config && { config }) });
    const admin = new Redis(server.adminUrl);
    // Servers are killed here.
    admin.on('error', () => undefined);
    return new RedisStage(server, admin);
  }

  locker(to: string | RedisLockOptions = this.server.url): Locker {
    return this.lockerOn(redis(typeof to === 'string' ? { url: to } : to));
  }

  queued(key: string): Promise<number> {
    return this.admin.zcard(`nestjs-locked:queue{lock:${key}}`);
  }

  /** Settles when so many processes queue for the key. */
  untilQueued(key: string, length: number): Promise<void> {
    return askUntil(`${length} queue for ${key}`, async () => (await this.queued(key)) === length);
  }

  /** What the lock of a key holds: `<first token>.<count>.<owner>`. */
  async tokenOf(key: string): Promise<bigint> {
    return BigInt((await this.admin.get(`lock:${key}`))?.split('.')[0] ?? 0);
  }

  /** All that is stored but the token floors, which are kept on purpose. */
  leftovers(): Promise<string[]> {
    return leftovers(this.server);
  }

  async stop(): Promise<void> {
    await this.endAll();
    this.admin.disconnect();
    await this.server.stop();
  }
}
