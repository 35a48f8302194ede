import type { AcquireRequest, ReleaseRequest } from '../../core/backend.js';
import { Batcher, type Operation } from './batcher.js';
import type { Block } from './block.js';
import type { KeyNames } from './key-names.js';
import { redisError } from './redis.errors.js';
import { type Reply, runScript, type ScriptClient } from './lock.script.js';

/** A place in the queue of a key. */
export interface Place {
  /** How long the server takes the waiter for alive, in ms, if it does not look again. */
  readonly aliveMs: number;
  /** Where it hears of its grant; empty if it only looks. */
  readonly channel: string;
}

export type Answer =
  | { readonly granted: true; readonly value: string }
  | {
      readonly granted: false;
      /** Of the present lease; negative where it never ends. */
      readonly remainingMs: number;
      /** The server's clock, in ms. */
      readonly serverMs: number;
      /** Held by a client that will wake nobody, and nobody of ours stands ahead. */
      readonly isHeadBehindForeigner: boolean;
    };

export interface OperationsOptions {
  readonly isCluster: boolean;
  /** How long the key is left free now and then for clients that poll, in ms; 0 = never. */
  readonly gapMs: number;
}

const FOREIGN_AND_HEAD = 2;

/** The vocabulary of the script, one method for each operation. */
export class LockOperations {
  readonly #batcher: Batcher;

  constructor(
    client: () => ScriptClient,
    private readonly options: OperationsOptions,
  ) {
    this.#batcher = new Batcher((keys, args) => runScript(client(), keys, args));
  }

  /** @param place where to wait if the key is held; nowhere = tried once */
  async acquire(names: KeyNames, request: AcquireRequest, place?: Place): Promise<Answer> {
    const { owner, leaseMs, turns } = request;
    const waiting = [Math.ceil(place?.aliveMs ?? 0), place?.channel ?? ''];
    const args = [owner, Math.ceil(leaseMs), turns, ...waiting, this.options.gapMs];
    const [status, ...details] = await this.#submit(names, { name: 'acquire', keys: names.all, args });
    if (status === 1) return { granted: true, value: String(details[0]) };
    const [remainingMs, serverMs, foreign] = details.map(Number);
    const isHeadBehindForeigner = foreign === FOREIGN_AND_HEAD;
    return { granted: false, remainingMs: remainingMs ?? -1, serverMs: serverMs ?? 0, isHeadBehindForeigner };
  }

  /** Gives the lock the block that a quorum has agreed on, if it is still `owner`'s. */
  async raise(names: KeyNames, owner: string, { first, count }: Block): Promise<boolean> {
    const args = [owner, String(first), count];
    const [status] = await this.#submit(names, { name: 'raise', keys: names.all, args });
    return status === 1;
  }

  async renew(names: KeyNames, value: string, leaseMs: number): Promise<boolean> {
    // One key only: while a cluster moves a slot, it answers nothing that needs several.
    const operation: Operation = { name: 'renew', keys: [names.lock], args: [value, Math.ceil(leaseMs)] };
    const [status] = await this.#submit(names, operation, this.options.isCluster ? `renew ${names.lock}` : undefined);
    return status === 1;
  }

  async release(names: KeyNames, value: string, { used, keepMs = 0 }: ReleaseRequest): Promise<boolean> {
    const args = [value, used, Math.ceil(keepMs), this.options.gapMs];
    const [status] = await this.#submit(names, { name: 'release', keys: names.all, args });
    return status === 1;
  }

  /** Gives back what `owner` holds, or its place in the queue. */
  async leave(names: KeyNames, owner: string): Promise<void> {
    await this.#submit(names, { name: 'leave', keys: names.all, args: [owner, this.options.gapMs] });
  }

  async #submit(
    names: KeyNames,
    operation: Operation,
    group = this.options.isCluster ? names.tag : '',
  ): Promise<Reply> {
    let reply: Reply;
    try {
      reply = await this.#batcher.submit(group, operation);
    } catch (error) {
      throw redisError(error, names.key);
    }
    if (reply[0] === -1) throw redisError(new Error(String(reply[1])), names.key);
    return reply;
  }
}
