import { MemoryBackend } from '../../../../lib/backends/memory/index.js';
import type { AcquireRequest, Busy, Hold, LockBackend, ReleaseRequest } from '../../../../lib/core/backend.js';
import { isBusy } from '../../../../lib/core/backend.js';
import type { Clock } from '../../../../lib/core/clock.js';

export type Operation = 'acquire' | 'renew' | 'release' | 'abandon' | 'freed' | 'ping' | 'close';
/** What a fault does with one call: applies it or not, answers or not. */
export type Fault = (apply: () => Promise<never>, clock: Clock) => Promise<never>;

const never = (): Promise<never> => new Promise(() => undefined);
const pause = (clock: Clock, ms: number): Promise<void> => new Promise((resolve) => clock.setTimer(resolve, ms));

/** The request never arrives. */
export const blackhole: Fault = never;
/** Applied; the answer never arrives. */
export const replyLost: Fault = async (apply) => {
  await apply();
  return await never();
};
/** Applied at once, answered late. */
export const answeredAfter =
  (ms: number): Fault =>
  async (apply, clock) => {
    const answer = await apply();
    await pause(clock, ms);
    return answer;
  };
/** Applied late, and answered then. */
export const arrivesAfter =
  (ms: number): Fault =>
  async (apply, clock) => {
    await pause(clock, ms);
    return await apply();
  };
/** Not applied. */
export const fails =
  (error: unknown): Fault =>
  () => {
    throw error;
  };
/** Applied; the caller is told that it failed. */
export const appliedButFails =
  (error: unknown): Fault =>
  async (apply) => {
    await apply();
    throw error;
  };

export interface Call {
  readonly operation: Operation;
  readonly key: string;
  readonly owner: string | undefined;
  readonly at: number;
}

/** A block of tokens as the store granted it, and when its lease ends for its holder by what the store has applied. */
interface Grant {
  readonly key: string;
  readonly first: bigint;
  readonly count: number;
  deadline: number;
}

/** The memory store behind a link that can be cut, slowed and made to lose answers. */
export class FaultyStore implements LockBackend {
  readonly name = 'memory';
  readonly waits: boolean = false;
  readonly maxTurns = 2 ** 16;
  readonly calls: Call[] = [];
  readonly #grants: Grant[] = [];
  /** For every call of an operation. */
  readonly always: Partial<Record<Operation, Fault>> = {};
  /** For its next calls, in order; they come before `always`. */
  readonly next: Partial<Record<Operation, (Fault | undefined)[]>> = {};

  constructor(
    readonly clock: Clock,
    /** May be shared by several stores: several processes. */
    readonly real: MemoryBackend = new MemoryBackend(clock),
  ) {}

  count(operation: Operation): number {
    return this.calls.filter((call) => call.operation === operation).length;
  }

  async acquire(request: AcquireRequest): Promise<Hold | Busy> {
    const answer = await this.#do('acquire', request.key, request.owner, () => this.real.acquire(request));
    return isBusy(answer) ? answer : this.wrap(answer, request);
  }

  freed(key: string, signal: AbortSignal): Promise<void> {
    return this.#do('freed', key, undefined, () => this.real.freed(key, signal));
  }

  abandon(key: string, owner: string): Promise<void> {
    return this.#do('abandon', key, owner, () => this.real.abandon(key, owner));
  }

  ping(): Promise<void> {
    return this.#do('ping', '', undefined, () => this.real.ping());
  }

  close(): Promise<void> {
    return this.#do('close', '', undefined, () => Promise.resolve());
  }

  deadlineOf(key: string, token: bigint): number {
    const grant = this.#grants.find((one) => one.key === key && token >= one.first && token - one.first < one.count);
    return grant?.deadline ?? NaN;
  }

  protected wrap(hold: Hold, { key, owner }: AcquireRequest): Hold {
    const grant = { key, first: hold.first, count: hold.count, deadline: hold.deadline };
    this.#grants.push(grant);
    const renew = async (leaseMs: number): Promise<number | false> => {
      const deadline = await hold.renew!(leaseMs);
      if (deadline !== false) grant.deadline = deadline;
      return deadline;
    };
    return {
      first: hold.first,
      count: hold.count,
      deadline: hold.deadline,
      renew: (leaseMs) => this.#do('renew', key, owner, () => renew(leaseMs)),
      release: (how: ReleaseRequest) => this.#do('release', key, owner, () => hold.release(how)),
    };
  }

  #do<T>(operation: Operation, key: string, owner: string | undefined, apply: () => Promise<T>): Promise<T> {
    this.calls.push({ operation, key, owner, at: this.clock.mono() });
    const fault = this.next[operation]?.length ? this.next[operation].shift() : this.always[operation];
    return fault ? fault(apply as () => Promise<never>, this.clock) : apply();
  }
}
