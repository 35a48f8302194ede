import type { Hold, ReleaseRequest } from '../../../core/backend.js';
import { deadlineOf } from '../../../core/deadline.js';
import type { Block } from '../block.js';
import type { Member } from './member.js';
import type { Quorum } from './quorum.js';
import type { StandBack } from './stand-back.js';

/** A key that a majority of the servers holds for this process. */
export class QuorumHold implements Hold {
  readonly first: bigint;
  readonly count: number;
  readonly deadline: number;
  readonly #grantedAt = performance.now();

  constructor(
    private readonly quorum: Quorum,
    private readonly key: string,
    private readonly members: readonly Member[],
    { first, count, deadline }: Block & { readonly deadline: number },
    private readonly standBack: StandBack,
  ) {
    this.first = first;
    this.count = count;
    this.deadline = deadline;
  }

  async renew(leaseMs: number): Promise<number | false> {
    const sent = performance.now();
    const renewed = await this.quorum.agree(
      'renew the lock',
      this.key,
      this.members.map((member) => member.renew(leaseMs)),
    );
    if (!renewed) {
      // A minority that still holds it would be in everybody's way.
      for (const member of this.members) void member.release({ used: this.count }).catch(() => undefined);
      return false;
    }
    for (const member of this.members) member.rejoin(leaseMs, this);
    return deadlineOf(sent, leaseMs);
  }

  async release(how: ReleaseRequest): Promise<boolean> {
    this.standBack.released(this.key, this.#grantedAt);
    const released = this.members.map((member) => member.release(how));
    return await this.quorum.agree('release the lock', this.key, released);
  }
}
