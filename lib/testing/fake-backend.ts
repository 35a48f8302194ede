import {
  type AcquireRequest,
  type Busy,
  type Hold,
  type HoldWatcher,
  isBusy,
  type LockBackend,
} from '../core/backend.js';
import { MAX_LEASE_MS } from '../core/deadline.js';
import { MemoryBackend } from '../backends/memory/index.js';

/** What a test says about keys. */
export interface FakeKeys {
  /** In the order in which they were taken. */
  readonly taken: string[];
  readonly busy: Set<string>;
}

const SOMEBODY_ELSE = 'somebody else';

/** The memory store, with a second process that a test moves about in it. */
export class FakeBackend implements LockBackend {
  readonly name = 'fake';
  readonly waits = false;
  /** No hand-over: each grant is to be seen. */
  readonly maxTurns = 1;
  readonly #memory = new MemoryBackend();
  readonly #holds = new Map<string, { readonly owner: string; watcher?: HoldWatcher }>();

  constructor(private readonly keys: FakeKeys) {}

  async acquire(request: AcquireRequest): Promise<Hold | Busy> {
    const { key, owner } = request;
    if (this.keys.busy.has(key)) {
      await this.#memory.acquire({ ...request, owner: SOMEBODY_ELSE, leaseMs: MAX_LEASE_MS, turns: 1 });
    }
    const answer = await this.#memory.acquire(request);
    if (isBusy(answer)) return answer;
    this.keys.taken.push(key);
    const held: { readonly owner: string; watcher?: HoldWatcher } = { owner };
    this.#holds.set(key, held);
    const watch = (watcher: HoldWatcher): void => {
      held.watcher = watcher;
    };
    return { ...answer, watch };
  }

  freed(key: string, signal: AbortSignal): Promise<void> {
    return this.#memory.freed(key, signal);
  }

  abandon(key: string, owner: string): Promise<void> {
    return this.#memory.abandon(key, owner);
  }

  ping(): Promise<void> {
    return this.#memory.ping();
  }

  /** Somebody else goes. */
  free(key: string): void {
    void this.#memory.abandon(key, SOMEBODY_ELSE);
  }

  /** The session of the holder ends. */
  lose(key: string): void {
    const hold = this.#holds.get(key);
    if (!hold) return;
    void this.#memory.abandon(key, hold.owner);
    hold.watcher?.ended('session');
  }
}
