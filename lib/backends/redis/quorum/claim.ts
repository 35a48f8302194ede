import { type AcquireRequest, type Busy, isBusy } from '../../../core/backend.js';
import { deadlineOf, driftMs } from '../../../core/deadline.js';
import { LockBackendError } from '../../../core/errors.js';
import { type Block, blockOf } from '../block.js';
import { Member } from './member.js';
import { QuorumHold } from './quorum.hold.js';
import { collided, LONGEST_ROUND_MS, type Quorum } from './quorum.js';
import type { StandBack } from './stand-back.js';

/**
 * One attempt at a key, in two rounds: a majority grants it; then a majority is given the largest of the tokens that
 * were granted, as the lock's and as the floor of all later ones. Any two majorities have a server in common, and
 * whoever is granted the key by it later starts above that floor: so tokens grow, whatever the servers' clocks say.
 *
 * Redlock (https://redis.io/docs/latest/develop/use/patterns/distributed-locks/) has the first round and no tokens.
 */
export async function claim(quorum: Quorum, request: AcquireRequest, standBack: StandBack): Promise<QuorumHold | Busy> {
  await quorum.connected();
  const sent = performance.now();
  const { key, leaseMs } = request;
  // Later than this less than half of the lease would be left.
  const until = sent + Math.min(leaseMs / 2 - driftMs(leaseMs), LONGEST_ROUND_MS);
  const members = quorum.nodes.map((node) => new Member(node, request));
  const giveBack = (): void => {
    for (const member of members) member.leave();
  };
  try {
    const votes = members.map((member) => member.vote);
    const grants = await quorum.elect(key, votes, until);
    if (isBusy(grants)) {
      giveBack();
      return grants;
    }
    const block = largest(grants.map(({ value }) => blockOf(value)));
    const raised = members.map((member) => member.raise(block));
    if (!(await quorum.agree('confirm the token', key, raised, until))) {
      giveBack();
      return collided(performance.now() - sent);
    }
    if (performance.now() > until) throw tooSlow(key);
    return new QuorumHold(quorum, key, members, { ...block, deadline: deadlineOf(sent, leaseMs) }, standBack);
  } catch (error) {
    giveBack();
    throw error;
  }
}

function largest(blocks: readonly Block[]): Block {
  return blocks.reduce((a, b) => (b.first > a.first ? b : a));
}

function tooSlow(key: string): LockBackendError {
  const message = 'The Redis servers answer too slowly for this lease. Give a longer `lease`, or check them.';
  return new LockBackendError(message, { key, backend: 'redis-quorum', outcome: 'unknown', transient: true });
}
