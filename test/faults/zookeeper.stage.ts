import { zookeeper, type ZookeeperLockOptions } from '../../lib/backends/zookeeper/index.js';
import type { LockBackend, Locker } from '../../lib/core/index.js';
import { askUntil } from '../support/ask-until.js';
import { Stage } from '../support/stage.js';
import { ZookeeperAdmin } from '../support/zookeeper-admin.js';
import { fourLetters, type ZookeeperConfig } from '../support/zookeeper-kind.js';
import { ZookeeperServer } from '../support/zookeeper-server.js';

/** A ZooKeeper, those who contend for its locks, and a look behind their backs. */
export class ZookeeperStage extends Stage {
  readonly #opened: LockBackend[] = [];

  private constructor(
    readonly server: ZookeeperServer,
    readonly admin: ZookeeperAdmin,
    readonly sessionMs: number,
  ) {
    super(`${server.url}?session=${sessionMs}ms`);
  }

  /** @param sessionMs what the sessions of those who contend last without a sign of life */
  static async start(sessionMs: number, config?: ZookeeperConfig): Promise<ZookeeperStage> {
    const server = await ZookeeperServer.start(config);
    return new ZookeeperStage(server, await ZookeeperAdmin.connect(server.address), sessionMs);
  }

  get url(): string {
    return `${this.server.url}?session=${this.sessionMs}ms`;
  }

  locker(to: string | ZookeeperLockOptions = this.url): Locker {
    return this.lockerOn(zookeeper(typeof to === 'string' ? { url: to } : to));
  }

  /** Below a Locker; closed at the end. */
  open(to: string | ZookeeperLockOptions = this.url): LockBackend {
    const backend = zookeeper(typeof to === 'string' ? { url: to } : to);
    this.#opened.push(backend);
    return backend;
  }

  /** Nodes in the queue of a key, its holder's too, first come first. */
  async queue(key: string): Promise<string[]> {
    const path = `/locks/${key}`;
    const names = await this.admin.children(path);
    return names.sort((a, b) => a.slice(-10).localeCompare(b.slice(-10))).map((name) => `${path}/${name}`);
  }

  /** Settles when so many stand in the queue, the holder among them. */
  untilQueued(key: string, length: number): Promise<void> {
    return askUntil(`${length} stand in the queue of ${key}`, async () => (await this.queue(key)).length === length);
  }

  /** Every lock's node, of any key. */
  async lockNodes(): Promise<string[]> {
    return (await this.admin.tree('/locks')).filter((path) => path.includes('-lock-'));
  }

  /** Sessions that hold anything. */
  async sessions(): Promise<number> {
    return Number(/Sessions with Ephemerals \((\d+)\)/.exec(await fourLetters(this.server.port, 'dump'))?.[1]);
  }

  /** Watches that the server keeps. */
  async watches(): Promise<number> {
    return Number(/Total watches:(\d+)/.exec(await fourLetters(this.server.port, 'wchs'))?.[1]);
  }

  async stop(): Promise<void> {
    await this.endAll();
    for (const backend of this.#opened.splice(0)) await backend.close?.();
    await this.admin.close();
    await this.server.stop();
  }
}
