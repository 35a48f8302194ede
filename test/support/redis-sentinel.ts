import { askUntil } from './ask-until.js';
import { ADMIN, LOCKER, startRedis, type RedisServer } from './redis-server.js';
import { SentinelServer } from './sentinel-server.js';
import { orStop, startTogether, stopAll } from './start-together.js';

/**
 * Silence after which each Sentinel holds a master to be down: short, yet longer than a busy machine keeps it waiting.
 * The third takes its time: it votes for one of the others before it stands itself, so votes are seldom split.
 */
const DOWN_AFTER_MS = [500, 500, 1_000];

const MASTER_NAME = 'locks';

const SETTINGS = {
  masterauth: ADMIN.password,
  // By default a master waits for further replicas before it sends its data to the first.
  'repl-diskless-sync-delay': '0',
};

/** A master and its replica, watched by three Sentinels of whom two must agree. */
export class RedisSentinel {
  readonly masterName = MASTER_NAME;

  private constructor(
    readonly servers: readonly RedisServer[],
    readonly sentinels: readonly SentinelServer[],
  ) {}

  static async start(): Promise<RedisSentinel> {
    const master = await startRedis({ config: SETTINGS });
    const replica = startRedis({ config: { ...SETTINGS, replicaof: `${master.host} ${master.port}` } });
    const servers = await startTogether([Promise.resolve(master), replica]);
    const sentinels = await orStop(servers, () => startTogether(DOWN_AFTER_MS.map(() => SentinelServer.start())));
    return orStop([...sentinels, ...servers], async () => {
      await Promise.all(
        sentinels.map((sentinel, index) => sentinel.watch(MASTER_NAME, master, DOWN_AFTER_MS[index] ?? 0)),
      );
      const all = new RedisSentinel(servers, sentinels);
      await all.untilReady();
      return all;
    });
  }

  /** For the user with the least rights on master and replica. */
  get url(): string {
    const hosts = this.sentinels.map(({ host, port }) => `${host}:${port}`).join(',');
    return `redis+sentinel://${LOCKER.username}:${LOCKER.password}@${hosts}/${this.masterName}/0`;
  }

  /** The server on which all Sentinels agree. */
  async master(): Promise<RedisServer> {
    const ports = await Promise.all(this.sentinels.map((sentinel) => sentinel.masterPort(this.masterName)));
    const master = this.servers.find(({ port }) => ports.every((other) => other === port));
    if (master) return master;
    throw new Error(`The Sentinels do not agree on the master: ${ports.join(', ')}.`);
  }

  /**
   * Kills the master; settles when all Sentinels report another one.
   * The killed one becomes a replica when it is restarted: `untilReady()` before a second fail-over.
   */
  async failOver(): Promise<{ killed: RedisServer; master: RedisServer }> {
    const killed = await this.master();
    await killed.kill();
    await askUntil('the Sentinels report another master', async () => (await this.master()) !== killed);
    return { killed, master: await this.master() };
  }

  /** Settles when the replica follows the master and all Sentinels know of each other and of both. */
  async untilReady(): Promise<void> {
    await askUntil('the replica follows the master, and the Sentinels know all about it', async () => {
      const ready = await Promise.all(this.sentinels.map((sentinel) => this.#knowsAll(sentinel)));
      return ready.every(Boolean);
    });
  }

  stop(): Promise<void> {
    return stopAll([...this.sentinels, ...this.servers]);
  }

  async #knowsAll(sentinel: SentinelServer): Promise<boolean> {
    const { master, replicas } = await sentinel.reports(this.masterName);
    const follows = replicas.some(({ flags, ...link }) => flags === 'slave' && link['master-link-status'] === 'ok');
    const others = Number(master['num-other-sentinels']);
    return follows && master['flags'] === 'master' && others === this.sentinels.length - 1;
  }
}
