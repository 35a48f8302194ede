import type { Redis } from 'ioredis';
import { OPERATION_TIMEOUT_MS } from '../../core/deadline.js';
import type { ScriptClient } from './run-script.js';

/** Half of what a call to the store may take, so that a lack of replicas is told as such. */
const CONFIRMED_WITHIN_MS = OPERATION_TIMEOUT_MS / 2;

/**
 * Confirms what a script has written with replicas before its answer counts. WAIT holds up the connection it was sent on,
 * and speaks only of what that connection wrote: so this one is used for nothing else, and an answer that came over another
 * socket than the request counts for nothing.
 */
export class ReplicatedClient implements ScriptClient {
  #sockets = 0;

  constructor(
    private readonly client: Redis,
    private readonly replicas: number,
  ) {
    client.on('close', () => {
      this.#sockets++;
    });
  }

  evalsha(...args: Parameters<ScriptClient['evalsha']>): Promise<unknown> {
    return this.#confirmed(() => this.client.evalsha(...args));
  }

  eval(...args: Parameters<ScriptClient['eval']>): Promise<unknown> {
    return this.#confirmed(() => this.client.eval(...args));
  }

  async #confirmed(run: () => Promise<unknown>): Promise<unknown> {
    const socket = this.#sockets;
    // In one go: nothing comes between the two on the wire.
    const [written, waited] = await Promise.allSettled([run(), this.client.wait(this.replicas, CONFIRMED_WITHIN_MS)]);
    if (written.status === 'rejected') throw written.reason;
    if (waited.status === 'rejected') throw waited.reason;
    const confirmed = socket === this.#sockets ? waited.value : 0;
    if (confirmed >= this.replicas) return written.value;
    throw new Error(`replicas: ${String(confirmed)} of ${String(this.replicas)} have confirmed`);
  }
}
