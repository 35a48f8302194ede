import type { Socket } from 'node:net';
import type { Direction, Faults } from './proxy-faults.js';
import { reset } from './reset-socket.js';

type Arrival = { readonly at: number } & ({ readonly chunk: Buffer } | { readonly end: 'end' | 'reset' });

/** One direction of a connection: what arrives from one socket passes to the other in its order, ends included. */
export class ProxyLane {
  #arrivals: Arrival[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly direction: Direction,
    from: Socket,
    private readonly to: Socket,
    private readonly faults: () => Faults,
    private readonly write: (chunk: Buffer) => void,
  ) {
    from.on('data', (chunk: Buffer) => this.#arrive({ at: performance.now(), chunk }));
    from.once('end', () => this.#arrive({ at: performance.now(), end: 'end' }));
    from.once('error', () => this.#arrive({ at: performance.now(), end: 'reset' }));
  }

  /** Lets pass what may pass by now. */
  pass(): void {
    clearTimeout(this.#timer);
    for (let next = this.#arrivals[0]; next; next = this.#arrivals[0]) {
      const { holes, delayMs } = this.faults();
      if (holes.includes(this.direction)) return;
      const waitMs = next.at + delayMs - performance.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.pass(), waitMs);
        return;
      }
      this.#arrivals.shift();
      this.#deliver(next);
    }
  }

  /** Forgets what has not passed. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#arrivals = [];
  }

  #arrive(arrival: Arrival): void {
    this.#arrivals.push(arrival);
    this.pass();
  }

  #deliver(arrival: Arrival): void {
    if (this.to.destroyed) return;
    if ('chunk' in arrival) this.write(arrival.chunk);
    else if (arrival.end === 'end') this.to.end();
    else reset(this.to);
  }
}
