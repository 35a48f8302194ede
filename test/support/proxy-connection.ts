import { createConnection, type Socket } from 'node:net';
import { FROZEN, type Faults } from './proxy-faults.js';
import { ProxyLane } from './proxy-lane.js';
import { reset } from './reset-socket.js';

/** A client's connection and the one to the server that goes with it. */
export class ProxyConnection {
  /** Settles when both ends have closed. */
  readonly closed: Promise<unknown>;
  readonly #sockets: readonly Socket[];
  readonly #lanes: readonly ProxyLane[];
  #onReply: ((chunk: Buffer) => void) | undefined;
  #isFrozen = false;

  constructor(client: Socket, target: URL, ofProxy: () => Faults, onRequest: (chunk: Buffer) => void) {
    const server = createConnection({ port: Number(target.port), host: target.hostname, allowHalfOpen: true });
    this.#sockets = [client, server];
    for (const socket of this.#sockets) socket.setNoDelay(true);
    this.closed = Promise.all(this.#sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve))));
    const faults = (): Faults => (this.#isFrozen ? FROZEN : ofProxy());
    this.#lanes = [
      new ProxyLane('toServer', client, server, faults, (chunk) => {
        const passed = faults().filter('toServer', chunk);
        if (!passed) return;
        onRequest(passed);
        server.write(passed);
      }),
      new ProxyLane('toClient', server, client, faults, (chunk) => {
        this.#onReply?.(chunk);
        const passed = faults().filter('toClient', chunk);
        if (passed && client.writable) client.write(passed);
      }),
    ];
  }

  /** Lets pass what may pass by now. */
  pass(): void {
    for (const lane of this.#lanes) lane.pass();
  }

  /** Nothing passes any more, for good, and nobody is told. */
  freeze(): void {
    this.#isFrozen = true;
  }

  /** Resets instead of letting the next reply pass, which `lost` is given. */
  loseReply(lost: (chunk: Buffer) => void): void {
    this.#onReply = (chunk) => {
      this.#onReply = undefined;
      this.reset();
      lost(chunk);
    };
  }

  /** Both sides see "connection reset by peer"; what is under way is lost. */
  reset(): void {
    for (const lane of this.#lanes) lane.clear();
    for (const socket of this.#sockets) reset(socket);
  }
}
