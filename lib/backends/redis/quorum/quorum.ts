import type { Busy } from '../../../core/backend.js';
import { OPERATION_TIMEOUT_MS } from '../../../core/deadline.js';
import type { Answer } from '../lock.operations.js';
import { answered, failed, poll, type Vote } from './poll.js';
import { tooFewAnswers } from './quorum.errors.js';
import type { QuorumNode } from './quorum.node.js';

/** Shorter than core's bound on every call, which would not say which servers were silent. */
export const LONGEST_ROUND_MS = OPERATION_TIMEOUT_MS * 0.8;

/** What core's bound leaves beside a claim. */
const CONNECT_MS = (OPERATION_TIMEOUT_MS - LONGEST_ROUND_MS) * 0.75;

/** Claims that collided come back within so many times the duration of a round, each at another moment. */
const SPREAD = 10;
const LEAST_SPREAD_MS = 20;

/** What a majority of independent servers says. */
export class Quorum {
  readonly majority: number;
  #connected: Promise<void> | undefined;

  constructor(readonly nodes: readonly QuorumNode[]) {
    this.majority = Math.floor(nodes.length / 2) + 1;
  }

  /** A first claim does not pay for the connections with its lease. Settles also where they are not made in time. */
  connected(): Promise<void> {
    return (this.#connected ??= this.#connect());
  }

  async #connect(): Promise<void> {
    const asked = this.nodes.map((node) => node.connected());
    const judge = (votes: readonly Vote<void>[]): true | undefined =>
      votes.filter((vote) => vote !== undefined).length >= this.majority ? true : undefined;
    await poll(asked, { judge, until: performance.now() + CONNECT_MS, silence: this.#silence });
  }

  /**
   * Whether a majority says yes, or a majority says no.
   *
   * @throws LockBackendError when neither does
   */
  async agree(
    operation: string,
    key: string | undefined,
    asked: readonly Promise<boolean>[],
    until = performance.now() + LONGEST_ROUND_MS,
  ): Promise<boolean> {
    const judge = (votes: readonly Vote<boolean>[]): boolean | undefined => {
      const yes = votes.filter((vote) => answered(vote) && vote.answer).length;
      const no = votes.filter((vote) => answered(vote) && !vote.answer).length;
      if (yes >= this.majority) return true;
      if (no >= this.majority) return false;
      const open = votes.filter((vote) => vote === undefined).length;
      if (Math.max(yes, no) + open >= this.majority) return undefined;
      throw this.#tooFew(operation, key, votes);
    };
    return (await poll(asked, { judge, until, silence: this.#silence })).verdict;
  }

  /**
   * The answers of a majority that grants the key, or "busy".
   *
   * @throws LockBackendError when too few servers answer
   */
  async elect(
    key: string,
    asked: readonly Promise<Answer>[],
    until: number,
  ): Promise<readonly (Answer & { granted: true })[] | Busy> {
    const began = performance.now();
    const judge = (votes: readonly Vote<Answer>[]): 'granted' | 'busy' | 'split' | undefined => {
      const granted = votes.filter((vote) => answered(vote) && vote.answer.granted).length;
      const busy = votes.filter((vote) => answered(vote) && !vote.answer.granted).length;
      if (granted >= this.majority) return 'granted';
      if (busy >= this.majority) return 'busy';
      if (votes.filter(failed).length > votes.length - this.majority) throw this.#tooFew('grant the lock', key, votes);
      return granted + busy < this.majority || votes.includes(undefined) ? undefined : 'split';
    };
    const rules = { judge, until, silence: this.#silence, hurryAfter: this.majority };
    const { verdict, votes } = await poll(asked, rules);
    if (verdict === 'granted') return votes.filter(answered).flatMap(({ answer }) => (answer.granted ? [answer] : []));
    if (verdict === 'busy') return { busy: true, remainingMs: this.#untilMajorityIsFree(votes) };
    return collided(performance.now() - began);
  }

  #untilMajorityIsFree(votes: readonly Vote<Answer>[]): number | undefined {
    const times = votes.map((vote) => {
      if (failed(vote)) return Infinity;
      if (vote === undefined || vote.answer.granted) return 0;
      return vote.answer.remainingMs < 0 ? Infinity : vote.answer.remainingMs;
    });
    const time = times.sort((a, b) => a - b)[this.majority - 1];
    return time === Infinity ? undefined : time;
  }

  readonly #silence = (index: number): unknown => this.nodes[index]?.failure(new Error('It did not answer in time.'));

  #tooFew(operation: string, key: string | undefined, votes: readonly Vote<unknown>[]): Error {
    const failures = votes.filter(failed).map(({ failure }) => failure);
    return tooFewAnswers(operation, key, failures, { total: votes.length, needed: this.majority });
  }
}

/** Nobody has a majority: all give back, and come again one after another. */
export function collided(elapsedMs: number): Busy {
  return { busy: true, remainingMs: Math.random() * Math.max(LEAST_SPREAD_MS, SPREAD * elapsedMs) };
}
