import { randomUUID } from 'node:crypto';
import type { Connection } from './connection.js';
import { makePersistent } from './nodes.js';
import { isRefusal } from './refusal.js';

/** Holds the node of every session, under a name that no key can have. */
const FOLDER = '%sessions';

const SILENCE = 'The server did not answer a heartbeat in time.';
/** It takes some requests, one after another, to make what is missing. */
const MAKING = 3;

/** Writes into a node of one session's own: what only the leader can answer. */
export class Heartbeat {
  readonly #folder: string;
  readonly #path: string;

  constructor(root: string) {
    this.#folder = `${root}/${FOLDER}`;
    this.#path = `${this.#folder}/${randomUUID()}`;
  }

  /** Settles when it is answered. A connection on which it is not, in so many ms, has died in silence, and is ended. */
  async send(connection: Connection, withinMs: number): Promise<void> {
    try {
      await connection.within(withinMs, connection.touch(this.#path), SILENCE);
    } catch (error) {
      if (!isRefusal(error, 'noNode')) throw error;
      await connection.within(withinMs * MAKING, this.#make(connection), SILENCE);
    }
  }

  async #make(connection: Connection): Promise<void> {
    await makePersistent(connection, this.#folder);
    await connection.create(this.#path, 'EPHEMERAL');
  }
}
