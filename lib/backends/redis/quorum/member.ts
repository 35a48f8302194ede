import type { AcquireRequest, ReleaseRequest } from '../../../core/backend.js';
import type { Block } from '../block.js';
import type { Answer } from '../lock.operations.js';
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
  #isAsked = false;

  constructor(
    readonly node: QuorumNode,
    private readonly request: AcquireRequest,
  ) {
    this.vote = this.#ask(request);
  }

  /** Waits for the server's vote, and then gives it the block that a majority has agreed on. */
  raise(block: Block): Promise<boolean> {
    const raised = this.#raise(block);
    // A slow server has granted a token of its own until then: a repeated claim would take it for the lock's.
    this.node.unsettled.add(this.request.owner, raised);
    return raised;
  }

  async #raise(block: Block): Promise<boolean> {
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
    if (this.#isOver || this.#isAsked || this.#value !== undefined) return;
    this.vote = this.#ask({ ...this.request, leaseMs });
    this.raise(block).catch(() => undefined);
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
    if (this.#mayHold) this.node.unsettled.add(this.request.owner, this.#takeBack());
  }

  async #takeBack(): Promise<void> {
    const left = this.#leaveNow();
    const mayBeGranted = this.vote.then(
      ({ granted }) => granted,
      () => true,
    );
    const isInOrder = await Promise.race([mayBeGranted.then(() => true), left.then(() => false)]);
    if (isInOrder) await left;
    // Both had to be sent again, and they may have changed places: the server had forgotten the script.
    else if (await mayBeGranted) await this.#leaveNow();
  }

  async #leaveNow(): Promise<void> {
    const { key, owner } = this.request;
    // Nobody was told of these tokens.
    await this.node.leave(key, owner, 0).catch(() => undefined);
  }

  async #ask(request: AcquireRequest): Promise<Answer> {
    this.#isAsked = true;
    try {
      this.node.assertUp(request.key);
      // A former claim's `leave` goes by owner too: sent after this, it would take back what this one wins.
      const unsettled = this.node.unsettled.of(request.owner);
      if (unsettled) await this.#after(unsettled);
      // From now on whatever goes wrong: a refusal may be the answer to a repeated request, the first having been granted.
      this.#mayHold = true;
      const answer = await this.node.acquire(request);
      if (!answer.granted) this.#isGone();
      return answer;
    } finally {
      this.#isAsked = false;
    }
  }

  async #after(unsettled: Promise<void>): Promise<void> {
    await unsettled;
    if (this.#isOver) throw this.node.failure(new Error('It was not asked in time.'));
    this.node.assertUp(this.request.key);
  }

  #isGone(): void {
    this.#value = undefined;
    this.#mayHold = false;
  }
}
