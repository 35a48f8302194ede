import { zookeeper } from '../../lib/backends/zookeeper/index.js';
import type { Locker } from '../../lib/core/index.js';
import { Stage } from '../support/stage.js';
import { ZookeeperAdmin } from '../support/zookeeper-admin.js';
import { ZookeeperEnsemble } from '../support/zookeeper-ensemble.js';
import type { ZookeeperServer } from '../support/zookeeper-server.js';

/** Three servers, those who contend for their locks, and a look behind their backs. */
export class EnsembleStage extends Stage {
  private constructor(
    readonly ensemble: ZookeeperEnsemble,
    private readonly sessionMs: number,
  ) {
    super(`${ensemble.url}?session=${sessionMs}ms`);
  }

  static async start(sessionMs: number, options?: { partible: boolean }): Promise<EnsembleStage> {
    return new EnsembleStage(await ZookeeperEnsemble.start(options), sessionMs);
  }

  /** Of who knows only some of the servers, or would keep its session for longer. */
  locker(to: { servers?: readonly ZookeeperServer[]; sessionMs?: number } = {}): Locker {
    const { servers = this.ensemble.servers, sessionMs = this.sessionMs } = to;
    const hosts = servers.map(({ address }) => address).join(',');
    return this.lockerOn(zookeeper({ url: `zookeeper://${hosts}?session=${sessionMs}ms` }));
  }

  /** How many stand in the queue of a key, by the word of a server that serves. */
  async queued(key: string): Promise<number> {
    for (const server of this.ensemble.servers) {
      if ((await server.mode()) === undefined) continue;
      const admin = await ZookeeperAdmin.connect(server.address);
      try {
        return (await admin.children(`/locks/${key}`)).length;
      } finally {
        await admin.close();
      }
    }
    throw new Error('No server serves.');
  }

  /** All who contend are gone, and all servers are as they were. */
  async restore(): Promise<void> {
    await this.endAll();
    await this.ensemble.heal();
    await this.ensemble.complete();
  }

  async stop(): Promise<void> {
    await this.endAll();
    await this.ensemble.stop();
  }
}
