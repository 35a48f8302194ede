import { freePorts } from '../../sample-app/sale/free-ports.js';
import { askUntil } from './ask-until.js';
import { moveSlot, type HalfMoved } from './move-slot.js';
import { ADMIN, LOCKER, startRedis, type RedisServer } from './redis-server.js';
import { orStop, startTogether, stopAll } from './start-together.js';

/** The first and the last slot of each master. */
const SHARES = [
  [0, 5_460],
  [5_461, 10_922],
  [10_923, 16_383],
] as const;

/** After which a silent node is held to have failed. */
const NODE_TIMEOUT_MS = 1_000;

/** Three masters that share the slots. */
export class RedisCluster {
  private constructor(readonly nodes: readonly RedisServer[]) {}

  /** Takes the two seconds that a master waits before it serves. */
  static async start(): Promise<RedisCluster> {
    const busPorts = await freePorts(SHARES.length);
    const nodes = await startTogether(busPorts.map((busPort) => startRedis({ config: settings(busPort) })));
    return orStop(nodes, async () => {
      await join(nodes, busPorts);
      const cluster = new RedisCluster(nodes);
      await cluster.untilServing();
      return cluster;
    });
  }

  /** For the user with the least rights. */
  get url(): string {
    return this.#url(LOCKER);
  }

  /** For the user who may do everything. */
  get adminUrl(): string {
    return this.#url(ADMIN);
  }

  /** Settles when every master serves: two seconds after the restart of one. */
  async untilServing(): Promise<void> {
    await Promise.all(this.nodes.map(serves));
  }

  slotOf(key: string): Promise<number> {
    return this.#node(0).administer((redis) => redis.cluster('KEYSLOT', key));
  }

  /** The master that serves a slot, as the first one knows it. */
  async ownerOf(slot: number): Promise<RedisServer> {
    const shares = await this.#node(0).administer((redis) => redis.cluster('SLOTS'));
    const port = shares.find(([first, last]) => first <= slot && slot <= last)?.[2]?.[1];
    const owner = this.nodes.find((node) => node.port === port);
    if (owner) return owner;
    throw new Error(`No master of this cluster serves slot ${slot}.`);
  }

  /** Moves a slot and its keys to another master: see `moveSlot`. */
  async moveSlot(
    slot: number,
    from: RedisServer,
    to: RedisServer,
    between?: (half: HalfMoved) => Promise<void>,
  ): Promise<void> {
    await moveSlot(this.nodes, slot, from, to, between);
  }

  stop(): Promise<void> {
    return stopAll(this.nodes);
  }

  #node(index: number): RedisServer {
    const node = this.nodes[index];
    if (node) return node;
    throw new RangeError(`This cluster has ${this.nodes.length} masters.`);
  }

  #url({ username, password }: typeof ADMIN | typeof LOCKER): string {
    const hosts = this.nodes.map(({ host, port }) => `${host}:${port}`);
    return `redis+cluster://${username}:${password}@${hosts.join(',')}`;
  }
}

function settings(busPort: number): Record<string, string> {
  return {
    'cluster-enabled': 'yes',
    'cluster-config-file': 'nodes.conf',
    'cluster-node-timeout': String(NODE_TIMEOUT_MS),
    // By default it is the port + 10,000, which may be an outgoing connection's.
    'cluster-port': String(busPort),
  };
}

/** Gives each master its slots, and makes the first one known to the others, who tell each other. */
async function join(nodes: readonly RedisServer[], busPorts: readonly number[]): Promise<void> {
  await Promise.all(
    nodes.map((node, index) =>
      node.administer(async (redis) => {
        await redis.call('CLUSTER', 'ADDSLOTSRANGE', ...(SHARES[index] ?? []));
        await redis.call('CLUSTER', 'MEET', node.host, nodes[0]?.port ?? 0, busPorts[0] ?? 0);
      }),
    ),
  );
}

function serves(node: RedisServer): Promise<void> {
  return node.administer((redis) =>
    askUntil(`the cluster serves all slots at port ${node.port}`, async () => {
      const info = await redis.cluster('INFO');
      return info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${SHARES.length}`);
    }),
  );
}
