import { OwnServer } from './own-server.js';
import { fourLetters, type ZookeeperConfig, zookeeperKind } from './zookeeper-kind.js';

/** A ZooKeeper of one spec's own, which the spec may treat as it likes. */
export class ZookeeperServer extends OwnServer {
  static async start(config?: ZookeeperConfig, member?: number): Promise<ZookeeperServer> {
    return new ZookeeperServer(await OwnServer.launch(zookeeperKind(config, member)));
  }

  get address(): string {
    return `${this.host}:${this.port}`;
  }

  get url(): string {
    return `zookeeper://${this.address}`;
  }

  /** `standalone`, `leader`, `follower`; `undefined` while it serves nobody. */
  async mode(): Promise<string | undefined> {
    return /^Mode: (\w+)/m.exec(await fourLetters(this.port, 'srvr'))?.[1];
  }
}
