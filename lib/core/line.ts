import type { ReleaseRequest } from './backend.js';
import { Contention } from './contention.js';
import type { LockerContext } from './context.js';
import type { LockError, LostReason } from './errors.js';
import type { HoldListener, KeptHold } from './kept-hold.js';
import type { ReleaseResult } from './lease.js';
import { HeldLease, type LeaseHome } from './held-lease.js';
import type { Settings } from './options.js';
import { WaitingRoom } from './waiting-room.js';

/** One for all: a promise per hand-over would be the most expensive part of it. */
const RELEASED: Promise<ReleaseResult> = Promise.resolve({ released: true });

/**
 * All callers of this process for one key. The line owns the entry in the store, not its first caller: one contender
 * for all of them, and a hold that passes from turn to turn.
 */
export class Line implements HoldListener, LeaseHome {
  readonly #room: WaitingRoom<HeldLease>;
  #contention: Contention<HeldLease> | undefined;
  #kept: KeptHold | undefined;
  #lease: HeldLease | undefined;
  /** Releases under way. */
  #givingBack = 0;

  constructor(
    private readonly context: LockerContext,
    private readonly storeKey: string,
    private readonly onIdle: () => void,
  ) {
    // The contender looks again: its head has changed, or nobody is left to contend for.
    this.#room = new WaitingRoom(context, storeKey, () => this.#contention?.nudge());
  }

  /** @throws LockBusyError, LockTimeoutError, LockAbortedError, LockQuotaError, LockBackendError, LockShutdownError */
  enter(key: string, settings: Settings): Promise<HeldLease> {
    // Busy means busy: no call to the store, and nobody is overtaken.
    if (settings.waitMs === 0 && (this.#lease ?? this.#room.head)) return Promise.reject(this.#busy(settings));
    try {
      return this.#room.enter(key, settings).promise;
    } finally {
      // Also when it was refused: a line of nobody must not remain.
      this.#advance();
    }
  }

  passOn(keepMs: number): Promise<ReleaseResult> {
    this.#lease = undefined;
    const kept = this.#kept;
    if (!kept) return RELEASED;
    const next = this.#room.head;
    if (next && keepMs <= 0 && kept.canServe(next.settings)) {
      this.#serve(kept, true);
      return RELEASED;
    }
    return this.#giveBack(kept, Math.max(0, keepMs));
  }

  onLost(reason: LostReason): void {
    const lease = this.#lease;
    this.#lease = this.#kept = undefined;
    lease?.lost(reason);
    // The lost turn frees the line now, not when its function settles.
    this.#advance();
  }

  onSuspect(error: unknown): void {
    this.context.telemetry.suspect(this.#lease?.settings.label ?? '', error);
  }

  /** Sends all waiting callers away. */
  dismiss(error: LockError): void {
    this.#room.dismiss(error);
    this.#contention?.nudge();
  }

  /** Nobody waits longer than until `until`. */
  cap(until: number): void {
    this.#room.cap(until);
    this.#contention?.nudge();
  }

  /** Takes the key from its present holder. */
  revoke(reason: LostReason): void {
    this.#lease?.revoke(reason);
  }

  #advance(): void {
    if (this.#kept ?? this.#contention) return;
    if (this.#givingBack > 0 && !this.#mayQueueAgain()) return;
    if (!this.#room.head) {
      this.onIdle();
      return;
    }
    this.#contention = new Contention(this.context, this.storeKey, this.#room);
    this.#contention.win().then(
      (kept) => {
        this.#contention = undefined;
        if (kept) this.#won(kept);
        else this.#advance();
      },
      (error: unknown) => {
        this.#contention = undefined;
        this.#room.dismiss(error);
        this.#advance();
      },
    );
  }

  /** Where the store queues, who gives back with callers left goes to the tail in the same breath. */
  #mayQueueAgain(): boolean {
    return this.context.store.backend.waits && this.#room.head !== undefined;
  }

  #won(kept: KeptHold): void {
    this.#kept = kept;
    kept.keepFor(this);
    // The machine may have slept since it was granted: nobody begins on what is in doubt.
    const isSafe = kept.isSafe();
    if (kept.isFinal) return;
    const head = this.#room.head;
    // Whoever contended may have left, and another kind of lease be wanted by now.
    if (isSafe && head?.settings.leaseMs === kept.settings.leaseMs) this.#serve(kept, false);
    else this.#report(this.#giveBack(kept, 0));
  }

  #serve(kept: KeptHold, handedOver: boolean): void {
    const turn = this.#room.callNext();
    if (!turn) return;
    this.#lease = new HeldLease(this.context, turn, kept, this);
    this.context.telemetry.granted(turn.settings.label, this.#lease.token, turn.since, handedOver);
    turn.resolve(this.#lease);
  }

  async #giveBack(kept: KeptHold, keepMs: number): Promise<ReleaseResult> {
    if (this.#kept === kept) this.#kept = undefined;
    if (kept.lostReason) return { released: false, reason: kept.lostReason };
    this.#givingBack++;
    kept.finish();
    const { store, clock } = this.context;
    const releasedAt = clock.mono();
    try {
      const released = store.release(this.storeKey, kept.hold, { used: kept.used, keepMs });
      this.#advance();
      return (await released) ? { released: true } : { released: false, reason: 'taken' };
    } catch (error) {
      const how = (): ReleaseRequest => ({
        used: kept.used,
        keepMs: Math.max(0, keepMs - (clock.mono() - releasedAt)),
      });
      this.#report(store.releaseLater(this.storeKey, kept.hold, how, kept.safeUntil));
      throw error;
    } finally {
      this.#givingBack--;
      this.#advance();
    }
  }

  /** For what happens when no caller is there to be told. */
  #report(work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      this.context.telemetry.trouble('', error);
    });
  }

  #busy(settings: Settings): LockError {
    const { telemetry, clock } = this.context;
    const error = this.#room.busyError(settings, clock.mono(), { busy: true });
    telemetry.refused(settings.label, error, clock.mono());
    return error;
  }
}
