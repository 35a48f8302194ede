import type { AcquireRequest, ReleaseRequest } from '../../core/backend.js';
import { Batcher, type Operation } from './batcher.js';
import type { Block } from './block.js';
import type { KeyNames } from './key-names.js';
import type { Reply, ScriptClient } from './run-script.js';
import { isUnstable, redisError } from './redis.errors.js';

export interface Refused {
  readonly granted: false;
  /** Of the present lease; negative where it never ends. */
  readonly remainingMs: number;
  /** The server's clock, in µs. */
  readonly serverMicros: number;
  /** Held by a client that will wake nobody, and nobody of ours stands ahead. */
  readonly isHeadBehindForeigner: boolean;
}

export type Answer = { readonly granted: true; readonly value: string } | Refused;

export interface OperationsOptions {
  readonly isCluster: boolean;
  /** Whether each lane has a client of its own; otherwise all operations of a tick travel together. */
  readonly hasLanes?: boolean;
  /** How long the key is left free now and then for clients that poll, in ms; 0 = never. */
  readonly gapMs: number;
  /** Where this process hears of its grants; empty if it only looks. */
  readonly address: () => string;
  /** How often connections have been cut so far: what was under way then, the driver repeats. */
  readonly cuts?: () => number;
  /** Why there is no connection, where there is none. */
  readonly trouble?: () => unknown;
}

/**
 * What an operation travels on, where renewals must not wait while a grant is being confirmed by replicas, and releases for
 * neither. What takes a grant back goes with the grants: it must not overtake them.
 */
export type Lane = 'grants' | 'renewals' | 'releases';

type Wish = Pick<AcquireRequest, 'owner' | 'leaseMs' | 'turns'>;

/** While a cluster moves a slot, it answers only what needs no more than one key. */
const ONE_KEY = new Set(['renew', 'drop']);

type Call = readonly [name: string, ...args: (string | number)[]];

/** The vocabulary of the script, one method for each operation. */
export class LockOperations {
  readonly #batchers: Readonly<Record<Lane, Batcher>>;
  readonly #isCluster: boolean;
  readonly #trouble: (() => unknown) | undefined;
  readonly #cuts: () => number;

  constructor(client: (lane: Lane) => ScriptClient, options: OperationsOptions) {
    const { isCluster, hasLanes = false, gapMs, address, cuts = () => 0, trouble } = options;
    this.#isCluster = isCluster;
    this.#cuts = cuts;
    this.#trouble = trouble;
    const batcherOf = (lane: Lane): Batcher =>
      new Batcher(
        () => client(lane),
        () => [address(), gapMs],
      );
    const grants = batcherOf('grants');
    this.#batchers = hasLanes
      ? { grants, renewals: batcherOf('renewals'), releases: batcherOf('releases') }
      : { grants, renewals: grants, releases: grants };
  }

  /** @param aliveMs how long a waiter keeps its place if it does not ask again; 0 = tried once, no place */
  acquire(names: KeyNames, { owner, leaseMs, turns }: Wish, aliveMs: number): Promise<Answer> {
    return this.#do('grants', names, ['acquire', owner, Math.ceil(leaseMs), turns, Math.ceil(aliveMs)], answerOf);
  }

  /** Gives the lock the block that a quorum has agreed on, if it is still `owner`'s. */
  raise(names: KeyNames, owner: string, { first, count }: Block): Promise<boolean> {
    return this.#do('grants', names, ['raise', owner, String(first), count], isDone);
  }

  renew(names: KeyNames, value: string, leaseMs: number): Promise<boolean> {
    return this.#do('renewals', names, ['renew', value, Math.ceil(leaseMs)], isDone);
  }

  release(names: KeyNames, value: string, { used, keepMs = 0 }: ReleaseRequest): Promise<boolean> {
    const cuts = this.#cuts();
    const keep = Math.ceil(keepMs);
    // Repeated after a cut, a release that was applied finds the key no longer ours.
    const isReleased = (reply: Reply): boolean => isDone(reply) || this.#cuts() !== cuts;
    const released = this.#do('releases', names, ['release', value, used, keep], isReleased);
    if (!this.#isCluster) return released;
    return released.catch((error: unknown) => {
      if (!isUnstable(error)) throw error;
      // Who waits is not told, and looks by itself.
      return this.#do('releases', names, ['drop', value, keep], isReleased);
    });
  }

  /**
   * Gives back what `owner` holds, or its place in the queue.
   *
   * @param used how many tokens of the grant may have been handed out, where that is known
   */
  leave(names: KeyNames, owner: string, used?: number): Promise<boolean> {
    return this.#do('grants', names, ['leave', owner, used ?? ''], isDone);
  }

  #do<T>(lane: Lane, names: KeyNames, call: Call, read: (reply: Reply) => T): Promise<T> {
    const keys = ONE_KEY.has(call[0]) ? [names.lock] : names.all;
    const group = this.#isCluster ? `${keys.length === 1 ? names.lock : names.tag}:${String(keys.length)}` : '';
    return new Promise((resolve, reject) => {
      this.#batchers[lane].submit(group, new Pending(names.key, keys, call, read, resolve, reject, this.#trouble));
    });
  }
}

/** A class, because a busy process makes hundreds of thousands in a second. */
class Pending<T> implements Operation {
  constructor(
    private readonly key: string,
    readonly keys: readonly string[],
    readonly call: Call,
    private readonly read: (reply: Reply) => T,
    private readonly resolve: (value: T) => void,
    private readonly reject: (error: unknown) => void,
    private readonly trouble: (() => unknown) | undefined,
  ) {}

  onReply(reply: Reply): void {
    if (reply.startsWith('-')) this.onError(new Error(reply.slice(2)));
    else this.resolve(this.read(reply));
  }

  onError(error: unknown): void {
    this.reject(redisError(error, this.key, this.trouble?.()));
  }
}

function isDone(reply: Reply): boolean {
  return reply === '1';
}

function answerOf(reply: Reply): Answer {
  if (reply.startsWith('1')) return { granted: true, value: reply.slice(2) };
  const [, remainingMs = -1, serverMicros = 0, isHead] = reply.split(' ').map(Number);
  return { granted: false, remainingMs, serverMicros, isHeadBehindForeigner: isHead === 1 };
}
