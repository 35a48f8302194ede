import type { Server } from './raw-client.js';

const SHORTEST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 1_000;

/** Which server is tried next: one after another from a random one on, with a growing pause after each round in vain. */
export class Rotation {
  #next: number;
  #attempts = 0;

  constructor(private readonly servers: readonly Server[]) {
    this.#next = Math.floor(Math.random() * servers.length);
  }

  /** How long to wait before the next attempt, in ms. */
  get pauseMs(): number {
    const rounds = this.#attempts / this.servers.length;
    if (rounds < 1 || !Number.isInteger(rounds)) return 0;
    return Math.min(SHORTEST_PAUSE_MS * 2 ** (rounds - 1), LONGEST_PAUSE_MS);
  }

  next(): Server {
    this.#attempts++;
    return this.servers[this.#next++ % this.servers.length] as Server;
  }

  succeeded(): void {
    this.#attempts = 0;
  }
}
