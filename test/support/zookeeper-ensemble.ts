import { freePorts } from '../../sample-app/sale/free-ports.js';
import { askUntil } from './ask-until.js';
import { startTogether, stopAll } from './start-together.js';
import { ZookeeperServer } from './zookeeper-server.js';

const MEMBERS = [1, 2, 3] as const;

/** Three servers that elect a leader. */
export class ZookeeperEnsemble {
  private constructor(readonly servers: readonly ZookeeperServer[]) {}

  static async start(): Promise<ZookeeperEnsemble> {
    const ports = await freePorts(2 * MEMBERS.length);
    const members = MEMBERS.map((member) => {
      const [peers, votes] = ports.slice(2 * (member - 1));
      return [`server.${member}`, `127.0.0.1:${peers}:${votes}`];
    });
    const config = { initLimit: '20', syncLimit: '5', ...(Object.fromEntries(members) as Record<string, string>) };
    return new ZookeeperEnsemble(await startTogether(MEMBERS.map((member) => ZookeeperServer.start(config, member))));
  }

  get url(): string {
    return `zookeeper://${this.servers.map(({ address }) => address).join(',')}`;
  }

  /** Settles once there is one. */
  async leader(): Promise<ZookeeperServer> {
    let leader: ZookeeperServer | undefined;
    await askUntil('a leader is elected', async () => {
      const modes = await Promise.all(this.servers.map((server) => server.mode()));
      leader = this.servers[modes.indexOf('leader')];
      return leader !== undefined;
    });
    return leader as ZookeeperServer;
  }

  async followers(): Promise<readonly ZookeeperServer[]> {
    const leader = await this.leader();
    return this.servers.filter((server) => server !== leader);
  }

  stop(): Promise<void> {
    return stopAll(this.servers);
  }
}
