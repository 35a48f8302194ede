import { setImmediate } from 'node:timers/promises';
import type { AcquireRequest, Busy, Hold, LockBackend } from '../../core/backend.js';
import { deadlineOf } from '../../core/deadline.js';
import { isLockError, LockBackendError } from '../../core/errors.js';
import { keyNames, type KeyNames } from './key-names.js';
import { LockOperations } from './lock.operations.js';
import { checkUp, PROBE } from './redis.checkup.js';
import { RedisConnections, type ClientSource } from './redis.connections.js';
import { redisError } from './redis.errors.js';
import { RedisHold } from './redis.hold.js';
import { WakeChannel, type WakeListener } from './wake-channel.js';
import { Waiter } from './waiter.js';

export interface RedisSettings {
  readonly source: ClientSource;
  /** The exact name of a key's lock in Redis. */
  readonly nameOf: (key: string) => string;
  /** Whether waiting processes queue in Redis; otherwise they poll. */
  readonly queues: boolean;
  readonly gapMs: number;
  /** How many replicas must confirm every grant and renewal. */
  readonly minReplicas: number;
  /** Whether what is only warned of otherwise is refused. */
  readonly strict: boolean;
  readonly onWarning: (message: string) => void;
}

/** Locks of one Redis server, or of a cluster: granted by a script, queued in order, handed over by message. */
export class RedisBackend implements LockBackend, WakeListener {
  readonly name = 'redis';
  readonly waits: boolean;
  readonly maxTurns: number;
  readonly #connections: RedisConnections;
  readonly #waiters = new Map<string, Waiter>();
  #operations: LockOperations | undefined;
  #channel: WakeChannel | undefined;
  #checked: Promise<void> | undefined;

  constructor(private readonly settings: RedisSettings) {
    this.#connections = new RedisConnections(settings.source, settings.minReplicas);
    this.waits = settings.queues;
    this.maxTurns = settings.queues ? 2 ** 16 : 1;
  }

  acquire(request: AcquireRequest): Promise<Hold | Busy> {
    const names = this.#namesOf(request.key);
    if (!this.waits || !request.mayWait) return this.#tryOnce(names, request);
    const channel = (this.#channel ??= new WakeChannel(this.#connections.open(), this));
    const { owner } = request;
    const mustConfirm = this.settings.minReplicas > 0;
    const waiter = new Waiter(names, request, this.operations, channel, mustConfirm, () => {
      if (this.#waiters.get(owner) === waiter) this.#waiters.delete(owner);
    });
    this.#waiters.set(owner, waiter);
    return waiter.settled;
  }

  async abandon(key: string, owner: string): Promise<void> {
    await this.operations.leave(this.#namesOf(key), owner);
  }

  async ping(): Promise<void> {
    await (this.#checked ??= this.#checkUp());
    await this.#connections.commands.ping();
  }

  async close(): Promise<void> {
    const closed = new LockBackendError('The connection to Redis was closed.', {
      backend: this.name,
      outcome: 'unknown',
    });
    for (const waiter of [...this.#waiters.values()]) waiter.fail(closed);
    // What was asked for in this tick is still to be sent.
    await setImmediate();
    this.#operations = this.#channel = this.#checked = undefined;
    await this.#connections.close();
  }

  onGranted(owner: string, grant: Parameters<WakeListener['onGranted']>[1]): void {
    this.#waiters.get(owner)?.pushed(grant);
  }

  onLook(owner: string, inMs: number): void {
    this.#waiters.get(owner)?.lookIn(inMs);
  }

  onLive(): void {
    for (const waiter of this.#waiters.values()) waiter.look();
  }

  onRefused(): void {
    this.settings.onWarning(
      'The Redis user may not subscribe to nestjs-locked:wake:*, so waiters poll. SECURITY.md has the rights that locks need.',
    );
    this.onLive();
  }

  private get operations(): LockOperations {
    return (this.#operations ??= new LockOperations((lane) => this.#connections.lane(lane), {
      isCluster: this.#connections.isCluster,
      hasLanes: this.settings.minReplicas > 0,
      gapMs: this.settings.gapMs,
      trouble: () => this.#connections.trouble,
      address: () => this.#channel?.address ?? '',
      cuts: () => this.#connections.cuts,
    }));
  }

  async #tryOnce(names: KeyNames, request: AcquireRequest): Promise<Hold | Busy> {
    const sent = performance.now();
    const answer = await this.operations.acquire(names, request, 0);
    if (!answer.granted) return { busy: true, remainingMs: answer.remainingMs < 0 ? undefined : answer.remainingMs };
    const deadline = deadlineOf(sent, request.leaseMs);
    return new RedisHold(names, this.operations, { value: answer.value, deadline });
  }

  /** Once, and again after it has failed. */
  async #checkUp(): Promise<void> {
    const { strict, onWarning } = this.settings;
    const client = this.#connections.commands;
    try {
      await checkUp({ client, operations: this.operations, probe: this.#namesOf(PROBE), strict, onWarning });
    } catch (error) {
      this.#checked = undefined;
      throw isLockError(error) ? error : redisError(error, undefined, this.#connections.trouble);
    }
  }

  #namesOf(key: string): KeyNames {
    return keyNames(key, this.settings.nameOf(key), this.#connections);
  }
}
