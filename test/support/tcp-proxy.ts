import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { freePorts } from '../../sample-app/sale/free-ports.js';
import { ProxyConnection } from './proxy-connection.js';
import { HEALTHY, type Direction, type Faults, type Filter } from './proxy-faults.js';

/** Stands before a server on a loopback port of its own, and does to connections what networks do. */
export class TcpProxy {
  readonly #connections = new Set<ProxyConnection>();
  #listener: Server | undefined;
  #faults: Faults = HEALTHY;
  #lose: ((connection: ProxyConnection, request: Buffer) => void) | undefined;

  private constructor(
    private readonly target: URL,
    private readonly port: number,
  ) {}

  /** Before the server of a URL, whichever its protocol. */
  static async start(url: string): Promise<TcpProxy> {
    const [port = 0] = await freePorts(1);
    const proxy = new TcpProxy(new URL(url), port);
    await proxy.#listen();
    return proxy;
  }

  /** The server's URL, with this proxy's port. */
  get url(): string {
    const url = new URL(this.target);
    url.port = String(this.port);
    return url.href;
  }

  /** Resets all connections; new ones are accepted. */
  cut(): void {
    for (const connection of this.#connections) connection.reset();
  }

  /** Lets nothing through, nor tells of it: what is sent, and that a side has closed, arrives after `heal()`. */
  blackhole(direction: Direction | 'both'): void {
    this.#become({ ...this.#faults, holes: direction === 'both' ? ['toServer', 'toClient'] : [direction] });
  }

  /** The connections that there are let nothing through any more, for good; new ones work. */
  freeze(): void {
    for (const connection of this.#connections) connection.freeze();
  }

  /** Has everything pass so much later than it arrives, each way. */
  delay(ms: number): void {
    this.#become({ ...this.#faults, delayMs: ms });
  }

  /** Has everything pass as the filter answers. */
  filter(filter: Filter): void {
    this.#become({ ...this.#faults, filter });
  }

  /**
   * Loses one reply: the next request that matches is served, its connection is reset instead of answered.
   * @returns settles with the first chunk of the lost reply
   */
  dropNextReply(matches: (request: Buffer) => boolean = () => true): Promise<Buffer> {
    return new Promise((resolve) => {
      this.#lose = (connection, request) => {
        if (!matches(request)) return;
        this.#lose = undefined;
        connection.loseReply(resolve);
      };
    });
  }

  /** Refuses new connections, as where no server listens; those that there are stay. */
  refuse(): void {
    this.#listener?.close();
    this.#listener = undefined;
  }

  /** Ends all faults; what was held back passes. */
  async heal(): Promise<void> {
    this.#lose = undefined;
    this.#become(HEALTHY);
    if (!this.#listener) await this.#listen();
  }

  async close(): Promise<void> {
    this.refuse();
    this.cut();
    await Promise.all([...this.#connections].map(({ closed }) => closed));
  }

  async #listen(): Promise<void> {
    this.#listener = createServer({ allowHalfOpen: true }, (client) => this.#accept(client));
    await once(this.#listener.listen(this.port, '127.0.0.1'), 'listening');
  }

  #accept(client: Socket): void {
    const connection = new ProxyConnection(
      client,
      this.target,
      () => this.#faults,
      (request) => this.#lose?.(connection, request),
    );
    this.#connections.add(connection);
    void connection.closed.then(() => this.#connections.delete(connection));
  }

  #become(faults: Faults): void {
    this.#faults = faults;
    for (const connection of this.#connections) connection.pass();
  }
}
