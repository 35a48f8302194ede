import { once } from 'node:events';
import zookeeper, { type ACL, type Client, type Stat } from 'node-zookeeper-client';

const SESSION_MS = 10_000;

interface Access {
  readonly id: { readonly scheme: string; readonly id: string };
  readonly permission: number;
}

/** Somebody else's client of a ZooKeeper: what it sees there, and does, is no doing of a backend. */
export class ZookeeperAdmin {
  private constructor(private readonly client: Client) {}

  static async connect(address: string, credentials?: string): Promise<ZookeeperAdmin> {
    const client = zookeeper.createClient(address, { sessionTimeout: SESSION_MS });
    const connected = once(client, 'connected');
    client.connect();
    await connected;
    if (credentials !== undefined) client.addAuthInfo('digest', Buffer.from(credentials));
    return new ZookeeperAdmin(client);
  }

  /** Names below a node; none where it is missing. */
  async children(path: string): Promise<string[]> {
    return (await answer<string[]>((reply) => this.client.getChildren(path, reply))) ?? [];
  }

  /** How many nodes are below one; needs no right. */
  async childCount(path: string): Promise<number> {
    const stat = await answer<Stat>((reply) => this.client.exists(path, reply));
    return stat?.numChildren ?? 0;
  }

  /** Every path below a node. */
  async tree(path: string): Promise<string[]> {
    const paths = (await this.children(path)).map((name) => `${path === '/' ? '' : path}/${name}`);
    return [...paths, ...(await Promise.all(paths.map((below) => this.tree(below)))).flat()];
  }

  async make(path: string): Promise<void> {
    await answer<string>((reply) => this.client.mkdirp(path, reply));
  }

  /** @param rights that anybody has from now on: `rwcda`, or some of them */
  async allow(path: string, rights: string): Promise<void> {
    const permission = Array.from(rights).reduce((sum, right) => sum | (1 << 'rwcda'.indexOf(right)), 0);
    const acl = [new zookeeper.ACL(permission, new zookeeper.Id('world', 'anyone'))];
    await answer<unknown>((reply) => this.client.setACL(path, acl, reply));
  }

  /** A node that goes with this client's session. */
  async stand(path: string): Promise<string | undefined> {
    const { EPHEMERAL_SEQUENTIAL } = zookeeper.CreateMode;
    return await answer<string>((reply) => this.client.create(path, Buffer.alloc(0), EPHEMERAL_SEQUENTIAL, reply));
  }

  async write(path: string, text: string): Promise<void> {
    await answer<unknown>((reply) => this.client.setData(path, Buffer.from(text), -1, reply));
  }

  async remove(path: string): Promise<void> {
    await answer<undefined>((reply) => this.client.remove(path, -1, (error) => reply(error, undefined)));
  }

  /** Id of the transaction that made a node; 0 where it is missing. */
  async czxidOf(path: string): Promise<bigint> {
    const stat = await answer<Stat>((reply) => this.client.exists(path, reply));
    return stat?.czxid.readBigInt64BE() ?? 0n;
  }

  /** Who may do what with a node: `scheme:id permissions`. */
  async access(path: string): Promise<string[]> {
    const acl = await answer<ACL[]>((reply) => this.client.getACL(path, reply));
    // The typings lack it.
    return ((acl ?? []) as unknown as readonly Access[]).map(
      ({ id, permission }) => `${id.scheme}:${id.id} ${permission}`,
    );
  }

  async close(): Promise<void> {
    const gone = once(this.client, 'disconnected');
    this.client.close();
    await gone;
  }
}

/** Nothing where there is no such node. */
function answer<T>(ask: (reply: (error: unknown, answer: T) => void) => void): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    ask((error, value) => {
      if (!error) resolve(value);
      else if ((error as { code?: number }).code === zookeeper.Exception.NO_NODE) resolve(undefined);
      else reject(new Error('ZooKeeper did not do what was asked for.', { cause: error }));
    });
  });
}
