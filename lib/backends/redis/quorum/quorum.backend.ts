import { setImmediate } from 'node:timers/promises';
import type { AcquireRequest, Busy, Hold, LockBackend } from '../../../core/backend.js';
import { claim } from './claim.js';
import { Quorum } from './quorum.js';
import type { QuorumNode } from './quorum.node.js';
import { StandBack } from './stand-back.js';

/** Locks that a majority of independent servers grants. Without a common queue: waiting processes look again. */
export class QuorumBackend implements LockBackend {
  readonly name = 'redis-quorum';
  readonly waits = false;
  readonly maxTurns = 2 ** 16;
  #quorum: Quorum | undefined;
  readonly #standBack = new StandBack();

  constructor(private readonly connect: () => readonly QuorumNode[]) {}

  async acquire(request: AcquireRequest): Promise<Hold | Busy> {
    await this.#standBack.pass(request.key);
    return await claim(this.quorum, request, this.#standBack);
  }

  async abandon(key: string, owner: string): Promise<void> {
    await this.#allDo('take the lock back', key, (node) => node.leave(key, owner));
  }

  async ping(): Promise<void> {
    await this.#allDo('answer', undefined, (node) => node.ping());
  }

  async close(): Promise<void> {
    const nodes = this.#quorum?.nodes ?? [];
    this.#quorum = undefined;
    // What was given back in this tick travels at its end.
    await setImmediate();
    await Promise.all(nodes.map((node) => node.close()));
  }

  private get quorum(): Quorum {
    return (this.#quorum ??= new Quorum(this.connect()));
  }

  async #allDo(
    operation: string,
    key: string | undefined,
    work: (node: QuorumNode) => Promise<unknown>,
  ): Promise<void> {
    const { quorum } = this;
    const asked = quorum.nodes.map((node) => work(node).then(() => true));
    await quorum.agree(operation, key, asked);
  }
}
