import type { AcquireRequest, ReleaseRequest } from '../../../core/backend.js';
import { isLockError } from '../../../core/errors.js';
import type { Block } from '../block.js';
import { keyNames, type KeyNames } from '../key-names.js';
import { type Answer, LockOperations } from '../lock.operations.js';
import { checkUp, PROBE } from '../redis.checkup.js';
import { type ClientSource, type RedisClient, RedisConnections } from '../redis.connections.js';
import { redisError } from '../redis.errors.js';
import { NodeFailure } from './quorum.errors.js';
import { Unsettled } from './unsettled.js';

export interface NodeSettings {
  readonly nameOf: (key: string) => string;
  readonly onWarning: (message: string) => void;
}

/**
 * One server of a quorum, and the connection to it: what comes after `close` fails and opens nothing. Whatever it fails
 * with says which server it is.
 */
export class QuorumNode {
  readonly unsettled = new Unsettled();
  readonly #connections: RedisConnections;
  readonly #client: RedisClient;
  readonly #operations: LockOperations;
  readonly #unwatch: () => void;
  #checked: Promise<void> | undefined;
  /** Why there is no connection, once there is none. */
  #down: Error | undefined;

  constructor(
    private readonly index: number,
    private readonly source: ClientSource,
    private readonly settings: NodeSettings,
  ) {
    this.#connections = new RedisConnections(source);
    const client = (this.#client = this.#connections.commands);
    this.#operations = new LockOperations(() => client, {
      isCluster: client.isCluster,
      gapMs: 0,
      address: () => '',
      cuts: () => this.#connections.cuts,
    });
    this.#unwatch = this.#watch();
  }

  /** Settles when the first attempt to connect has ended, either way. */
  connected(): Promise<void> {
    const client = this.#client;
    if (!['connecting', 'connect'].includes(client.status)) return Promise.resolve();
    return new Promise((resolve) => {
      const settle = (): void => {
        client.off('ready', settle).off('close', settle);
        resolve();
      };
      client.on('ready', settle).on('close', settle);
    });
  }

  /**
   * An attempt is refused at once while there is no connection, rather than made much later.
   *
   * @throws NodeFailure
   */
  assertUp(key: string): void {
    if (this.#down) throw this.failure(redisError(this.#down, key));
  }

  acquire(request: AcquireRequest): Promise<Answer> {
    return this.#run(request.key, (operations, names) => operations.acquire(names, request, 0));
  }

  raise(key: string, owner: string, block: Block): Promise<boolean> {
    return this.#run(key, (operations, names) => operations.raise(names, owner, block));
  }

  renew(key: string, value: string, leaseMs: number): Promise<boolean> {
    return this.#run(key, (operations, names) => operations.renew(names, value, leaseMs));
  }

  release(key: string, value: string, how: ReleaseRequest): Promise<boolean> {
    return this.#run(key, (operations, names) => operations.release(names, value, how));
  }

  leave(key: string, owner: string, used?: number): Promise<boolean> {
    return this.#run(key, (operations, names) => operations.leave(names, owner, used));
  }

  /** The first one also looks for what is wrong with the server's configuration. */
  async ping(): Promise<void> {
    try {
      await (this.#checked ??= this.#checkUp());
      await this.#client.ping();
    } catch (error) {
      this.#checked = undefined;
      throw this.failure(isLockError(error) ? error : redisError(error));
    }
  }

  async close(): Promise<void> {
    this.#unwatch();
    await this.#connections.close();
  }

  get #name(): string {
    return `node ${String(this.index)} (${addressOf(this.#client)})`;
  }

  failure(cause: unknown): NodeFailure {
    return new NodeFailure(this.#name, cause);
  }

  async #checkUp(): Promise<void> {
    const onWarning = (message: string): void => {
      this.settings.onWarning(`${this.#name}: ${message}`);
    };
    const [client, operations, probe] = [this.#client, this.#operations, this.#namesOf(PROBE)];
    await checkUp({ client, operations, probe, strict: false, onWarning });
  }

  async #run<T>(key: string, work: (operations: LockOperations, names: KeyNames) => Promise<T>): Promise<T> {
    try {
      return await work(this.#operations, this.#namesOf(key));
    } catch (error) {
      throw this.failure(error);
    }
  }

  #namesOf(key: string): KeyNames {
    const { isCluster, options } = this.#client;
    return keyNames(key, this.settings.nameOf(key), { isCluster, keyPrefix: options.keyPrefix });
  }

  #watch(): () => void {
    const client = this.#client;
    let said: Error | undefined;
    const listeners: Record<string, (error: Error) => void> = {
      ready: () => {
        said = this.#down = undefined;
      },
      close: () => {
        this.#down = said ?? new Error('Connection is closed.');
      },
    };
    // A user's client without a listener of its own prints its errors: that must not end because of us.
    if (!this.source.given) listeners['error'] = (error) => (said = error);
    for (const [event, listener] of Object.entries(listeners)) client.on(event, listener);
    return () => {
      for (const [event, listener] of Object.entries(listeners)) client.off(event, listener);
    };
  }
}

/** Where a server is, without how to get in. */
function addressOf(client: RedisClient): string {
  if ('nodes' in client) return 'a cluster';
  const { host, port, path, name, sentinels } = client.options;
  if (sentinels) return `master ${String(name)}`;
  return path ?? `${String(host)}:${String(port)}`;
}
