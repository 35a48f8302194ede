import type { Cluster, Redis } from 'ioredis';
import { setTimeout as sleep } from 'node:timers/promises';
import { OPERATION_TIMEOUT_MS } from '../../core/deadline.js';
import type { Lane } from './lock.operations.js';
import type { ScriptClient } from './run-script.js';
import { ReplicatedClient } from './replicated.client.js';

export type RedisClient = Redis | Cluster;

/** Whose client it is decides who closes it. */
export interface ClientSource {
  /** A client that is not used by anybody else. */
  make(): RedisClient;
  readonly isCluster: boolean;
  /** The user's own client: commands go through it, and it is never closed by us. */
  readonly given?: RedisClient | undefined;
}

/** Half of what core gives to closing. */
const QUIT_WITHIN_MS = OPERATION_TIMEOUT_MS / 2;

/** What a client, or a cluster about one of its nodes, emits before it repeats what was under way. */
const CUTS = ['close', '-node'] as const;

/** The connections of one backend: opened when first needed, closed together, and opened again by the next use. */
export class RedisConnections {
  readonly #ours = new Set<RedisClient>();
  #commands: RedisClient | undefined;
  #cuts = 0;
  #trouble: Error | undefined;
  readonly #onCut = (): void => {
    this.#cuts++;
  };

  #lanes: Partial<Record<Lane, ScriptClient>> = {};

  /** @param replicas how many must confirm a grant and a renewal; then these have connections of their own */
  constructor(
    private readonly source: ClientSource,
    private readonly replicas = 0,
  ) {}

  get isCluster(): boolean {
    return this.source.isCluster;
  }

  get keyPrefix(): string {
    return this.commands.options.keyPrefix ?? '';
  }

  get commands(): RedisClient {
    return (this.#commands ??= this.#watched(this.source.given ?? this.open()));
  }

  /** How often commands have lost a connection so far, that of one node in a cluster. */
  get cuts(): number {
    return this.#cuts;
  }

  /** Why there is no connection, if there is none. */
  get trouble(): Error | undefined {
    return this.#trouble;
  }

  lane(lane: Lane): ScriptClient {
    if (this.replicas === 0 || lane === 'releases') return this.commands;
    return (this.#lanes[lane] ??= new ReplicatedClient(this.open() as Redis, this.replicas));
  }

  /** A connection of its own: who subscribes, or waits for replicas, holds up everybody behind. */
  open(): RedisClient {
    const client = this.source.make();
    // ioredis reconnects by itself and tells every command that fails; without a listener it would also print.
    client.on('error', (error: Error) => (this.#trouble = error));
    client.on('ready', () => (this.#trouble = undefined));
    this.#ours.add(client);
    return client;
  }

  async close(): Promise<void> {
    const ours = [...this.#ours];
    this.#ours.clear();
    for (const event of CUTS) this.#commands?.off(event, this.#onCut);
    this.#commands = undefined;
    this.#lanes = {};
    await Promise.all(ours.map(closed));
  }

  #watched(client: RedisClient): RedisClient {
    for (const event of CUTS) client.on(event, this.#onCut);
    return client;
  }
}

/** Ends once the answers that are under way have come; at once where nobody answers. */
async function closed(client: RedisClient): Promise<void> {
  if (client.status === 'ready') {
    const bound = new AbortController();
    const quit = client.quit().catch(() => undefined);
    await Promise.race([
      quit,
      sleep(QUIT_WITHIN_MS, undefined, { ref: false, signal: bound.signal }).catch(() => undefined),
    ]);
    bound.abort();
  }
  // One that has ended would start a timer for a socket that is no more.
  if (client.status !== 'end') client.disconnect();
}
