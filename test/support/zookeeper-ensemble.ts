import { freePorts } from '../../sample-app/sale/free-ports.js';
import { askUntil } from './ask-until.js';
import { startTogether, stopAll } from './start-together.js';
import { TcpProxy } from './tcp-proxy.js';
import { ZookeeperServer } from './zookeeper-server.js';

const MEMBERS = [1, 2, 3] as const;
type Member = (typeof MEMBERS)[number];

/** How many ticks a server may take to come to terms with the leader, and to answer it. */
const PATIENT = { initLimit: '25', syncLimit: '15' };
/** A way that is closed is seen by its silence only. */
const IMPATIENT = { initLimit: '5', syncLimit: '5' };

const PAIRS = MEMBERS.flatMap((from) => MEMBERS.filter((to) => to !== from).map((to) => ({ from, to })));

/** What one member reaches another by. */
interface Link {
  readonly from: Member;
  readonly to: Member;
  readonly proxies: readonly TcpProxy[];
}

/** Three servers that elect a leader, and the ways between them, which can be closed. */
export class ZookeeperEnsemble {
  private constructor(
    readonly servers: readonly ZookeeperServer[],
    private readonly links: readonly Link[],
  ) {}

  /** @param partible whether members can be cut off from each other: then each election takes up to a second longer */
  static async start({ partible = false } = {}): Promise<ZookeeperEnsemble> {
    const ports = await freePorts(2 * MEMBERS.length);
    const portsOf = (member: Member) => ports.slice(2 * (member - 1), 2 * member);
    const pairs = partible ? PAIRS : [];
    const links = await Promise.all(
      pairs.map(async ({ from, to }) => ({
        ...{ from, to },
        proxies: await Promise.all(portsOf(to).map((port) => TcpProxy.start(`tcp://127.0.0.1:${port}`))),
      })),
    );
    const addressOf = (from: Member, to: Member): string => {
      const link = links.find((known) => known.from === from && known.to === to);
      const own = link ? link.proxies.map(({ url }) => new URL(url).port) : portsOf(to);
      return `127.0.0.1:${own.join(':')}`;
    };
    const start = (member: Member): Promise<ZookeeperServer> => {
      const members = Object.fromEntries(MEMBERS.map((to) => [`server.${String(to)}`, addressOf(member, to)]));
      return ZookeeperServer.start({ ...(partible ? IMPATIENT : PATIENT), ...members }, member);
    };
    const ensemble = new ZookeeperEnsemble(await startTogether(MEMBERS.map(start)), links);
    await ensemble.complete();
    return ensemble;
  }

  get url(): string {
    return `zookeeper://${this.servers.map(({ address }) => address).join(',')}`;
  }

  /** Settles once there is one. */
  async leader(): Promise<ZookeeperServer> {
    await askUntil('a leader is elected', async () => (await this.#modes()).includes('leader'));
    return this.servers[(await this.#modes()).indexOf('leader')] ?? (await this.leader());
  }

  async follower(): Promise<ZookeeperServer> {
    const modes = await this.#modes();
    return this.servers[modes.indexOf('follower')] ?? (await this.follower());
  }

  /** Settles once all of them serve. */
  async complete(): Promise<void> {
    await askUntil('all servers serve', async () => (await this.#modes()).every((mode) => mode !== undefined));
  }

  #modes(): Promise<(string | undefined)[]> {
    return Promise.all(this.servers.map((server) => server.mode()));
  }

  /** Lets nothing pass between a member and the others, and tells nobody. Clients still reach it. */
  isolate(server: ZookeeperServer): void {
    const member = this.servers.indexOf(server) + 1;
    for (const { from, to, proxies } of this.links) {
      if (from === member || to === member) for (const proxy of proxies) proxy.blackhole('both');
    }
  }

  async heal(): Promise<void> {
    await Promise.all(this.links.flatMap(({ proxies }) => proxies.map((proxy) => proxy.heal())));
  }

  async stop(): Promise<void> {
    await stopAll(this.servers);
    await Promise.all(this.links.flatMap(({ proxies }) => proxies.map((proxy) => proxy.close())));
  }
}
