import type { AcquireRequest, ReleaseRequest } from '../../../core/backend.js';
import type { Block } from '../block.js';
import type { Answer } from '../lock.operations.js';
import { NodeFailure } from './quorum.errors.js';
import type { QuorumNode } from './quorum.node.js';

/**
 * What one server has to do with one claim on a key. Operations of a connection take effect in the order in which they
 * were sent, so a `leave` also takes back what a slow server has not granted yet.
 */
export class Member {
  /** What the server answered when it was last asked for the key. */
  vote: Promise<Answer>;
  /** What its lock holds, if it is ours and the quorum's block was sent to it. */
  #value: string | undefined;
  #mayHold = false;
  #isOver = false;
  #hasLeft = false;
  #isJoining = false;

  constructor(
    readonly node: QuorumNode,
    private readonly request: AcquireRequest,
  ) {
    this.vote = this.#ask(request);
  }

  /** Waits for the server's vote, and then gives it the block that a majority has agreed on. */
  async raise(block: Block): Promise<boolean> {
    const { granted } = await this.vote;
    if (!granted || this.#isOver) return false;
    const { key, owner } = this.request;
    this.#value = `${String(block.first)}.${String(block.count)}.${owner}`;
    try {
      const raised = await this.node.raise(key, owner, block);
      if (!raised) this.#isGone();
      return raised;
    } catch (error) {
      this.#value = undefined;
      throw error;
    }
  }

  async renew(leaseMs: number): Promise<boolean> {
    if (this.#value === undefined) {
      if (!this.#mayHold) return false;
      throw this.node.failure(new Error('It has not confirmed that it granted the key.'));
    }
    const renewed = await this.node.renew(this.request.key, this.#value, leaseMs);
    if (!renewed) this.#isGone();
    return renewed;
  }

  /** A server that was away, or has lost its data, takes part again. */
  rejoin(leaseMs: number, block: Block): void {
    if (this.#isOver || this.#isJoining || this.#value !== undefined) return;
    this.#isJoining = true;
    this.vote = this.#ask({ ...this.request, leaseMs });
    const joined = (): void => {
      this.#isJoining = false;
    };
    this.raise(block).then(joined, joined);
  }

  async release(how: ReleaseRequest): Promise<boolean> {
    this.#isOver = true;
    if (this.#value !== undefined) return await this.node.release(this.request.key, this.#value, how);
    this.leave();
    return false;
  }

  /** Takes back whatever the server has granted, or is about to grant. */
  leave(): void {
    this.#isOver = true;
    if (!this.#mayHold) return;
    const left = (): void => {
      this.#hasLeft = true;
    };
    // Nobody was told of these tokens.
    this.node.leave(this.request.key, this.request.owner, 0).then(left, left);
  }

  async #ask(request: AcquireRequest): Promise<Answer> {
    this.#mayHold = true;
    try {
      const answer = await this.node.acquire(request);
      if (!answer.granted) this.#isGone();
      // Both had to be sent again, and they changed places: the server had forgotten the script.
      else if (this.#hasLeft) this.leave();
      return answer;
    } catch (error) {
      if (error instanceof NodeFailure && error.isNotApplied) this.#isGone();
      throw error;
    }
  }

  #isGone(): void {
    this.#value = undefined;
    this.#mayHold = false;
  }
}
