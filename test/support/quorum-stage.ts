import { randomUUID } from 'node:crypto';
import { redisQuorum } from 'nestjs-locked/redis';
import { type AcquireRequest, type Busy, type Hold, isBusy, type LockBackend } from '../../lib/core/backend.js';
import { isLockError } from '../../lib/core/errors.js';
import { askUntil } from './ask-until.js';
import { type RedisServer, startRedis } from './redis-server.js';
import { startTogether, stopAll } from './start-together.js';

/** Three independent servers of one test, and the processes' clients of all of them. */
export class QuorumStage {
  readonly key = randomUUID();
  readonly #clients: LockBackend[] = [];

  private constructor(readonly servers: readonly RedisServer[]) {}

  static async open(): Promise<QuorumStage> {
    return new QuorumStage(await startTogether([startRedis(), startRedis(), startRedis()]));
  }

  client(): LockBackend {
    const client = redisQuorum(this.servers.map(({ url }) => ({ url })));
    this.#clients.push(client);
    return client;
  }

  server(number: 1 | 2 | 3): RedisServer {
    const server = this.servers[number - 1];
    if (!server) throw new Error('there are three servers');
    return server;
  }

  ask(client: LockBackend, wish: Partial<AcquireRequest> = {}): Promise<Hold | Busy> {
    const { signal } = new AbortController();
    const usual = { key: this.key, owner: randomUUID(), leaseMs: 10_000, turns: 5, mode: 'exclusive' as const };
    return client.acquire({ ...usual, mayWait: false, signal, ...wish });
  }

  async granted(client: LockBackend, wish?: Partial<AcquireRequest>): Promise<Hold> {
    const answer = await this.ask(client, wish);
    if (isBusy(answer)) throw new Error('busy, though the key is free');
    return answer;
  }

  /** After a server was killed or has come back, which a client notices in its own time. */
  async grantedAtLast(client: LockBackend): Promise<Hold> {
    let hold: Hold | undefined;
    await askUntil('a grant', async () => {
      const answer = await this.ask(client).catch((error: unknown) => {
        if (isLockError(error)) return undefined;
        throw error;
      });
      if (answer && !isBusy(answer)) hold = answer;
      return hold !== undefined;
    });
    if (!hold) throw new Error('unreachable');
    return hold;
  }

  /** What stands on a server under the lock's name. */
  lockOn(number: 1 | 2 | 3): Promise<string | null> {
    return this.server(number).administer((redis) => redis.get(`lock:${this.key}`));
  }

  /** As if the server's clock had been so far ahead when it granted the key last. */
  async setClockAhead(number: 1 | 2 | 3, ms: number): Promise<void> {
    const floor = String((Date.now() + ms) * 1000);
    await this.server(number).administer((redis) => redis.set(`nestjs-locked:floor{lock:${this.key}}`, floor));
  }

  async close(): Promise<void> {
    await Promise.all(this.#clients.map(async (client) => client.close?.()));
    await stopAll(this.servers);
  }
}
