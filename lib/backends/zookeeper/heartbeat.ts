import { randomUUID } from 'node:crypto';
import type { Connection } from './connection.js';
import { makePersistent, ORIGIN } from './nodes.js';
import { CODES } from './raw-client.js';
import { isRefusal, Refusal } from './refusal.js';
import { watchdog } from './watchdog.js';

/** Holds the node of every session, under a name that no key can have. */
const FOLDER = '%sessions';

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
    const answered = watchdog(withinMs, () => {
      connection.end(new Refusal(CODES.connectionLoss, 'The server did not answer a heartbeat in time.'));
    });
    try {
      await connection.touch(this.#path);
    } catch (error) {
      if (!isRefusal(error, 'noNode')) throw error;
      await makePersistent(connection, this.#folder);
      await connection.create(this.#path, ORIGIN, 'EPHEMERAL');
    } finally {
      answered();
    }
  }
}
