import type { Cluster, Redis } from 'ioredis';

export type RedisClient = Redis | Cluster;

/** Whose client it is decides who closes it. */
export interface ClientSource {
  /** A client that is not used by anybody else. */
  make(): RedisClient;
  /** The user's own client: commands go through it, and it is never closed by us. */
  readonly given?: RedisClient | undefined;
}

/** The connections of one backend: opened when first needed, closed together, and opened again by the next use. */
export class RedisConnections {
  readonly #ours = new Set<RedisClient>();
  #commands: RedisClient | undefined;

  constructor(private readonly source: ClientSource) {}

  get isCluster(): boolean {
    return this.commands.isCluster;
  }

  get keyPrefix(): string {
    return this.commands.options.keyPrefix ?? '';
  }

  get commands(): RedisClient {
    return (this.#commands ??= this.source.given ?? this.open());
  }

  /** A connection of its own: who subscribes, or waits for replicas, holds up everybody behind. */
  open(): RedisClient {
    const client = this.source.make();
    // ioredis reconnects by itself and tells every command that fails; without a listener it would also print.
    client.on('error', () => undefined);
    this.#ours.add(client);
    return client;
  }

  async close(): Promise<void> {
    const ours = [...this.#ours];
    this.#ours.clear();
    this.#commands = undefined;
    await Promise.all(ours.map(closed));
  }
}

/** Ends once the answers that are under way have come; at once where nobody answers. */
async function closed(client: RedisClient): Promise<void> {
  if (client.status === 'ready') await client.quit().catch(() => undefined);
  client.disconnect();
}
