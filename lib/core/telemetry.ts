import { lockChannels, type LockEvent } from './channel.js';
import type { Clock } from './clock.js';
import { isLockError, type LostReason } from './errors.js';

/** Publishes what happens in one Locker. An event is built only when its channel has a subscriber. */
export class Telemetry {
  constructor(
    private readonly clock: Clock,
    private readonly source: Omit<LockEvent, 'label'>,
  ) {}

  granted(label: string, token: bigint, since: number, handedOver: boolean): void {
    if (!lockChannels.granted.hasSubscribers) return;
    lockChannels.granted.publish({ ...this.source, label, token, waitedMs: this.#elapsed(since), handedOver });
  }

  released(label: string, token: bigint, since: number): void {
    if (!lockChannels.released.hasSubscribers) return;
    lockChannels.released.publish({ ...this.source, label, token, heldMs: this.#elapsed(since) });
  }

  refused(label: string, error: unknown, since: number): void {
    if (!lockChannels.refused.hasSubscribers) return;
    const code = isLockError(error) ? error.code : 'UNKNOWN';
    lockChannels.refused.publish({ ...this.source, label, code, waitedMs: this.#elapsed(since) });
  }

  lost(label: string, token: bigint, reason: LostReason): void {
    if (!lockChannels.lost.hasSubscribers) return;
    lockChannels.lost.publish({ ...this.source, label, token, reason });
  }

  suspect(label: string, error: unknown): void {
    if (!lockChannels.suspect.hasSubscribers) return;
    lockChannels.suspect.publish({ ...this.source, label, error });
  }

  trouble(label: string, error: unknown): void {
    if (!lockChannels.trouble.hasSubscribers) return;
    lockChannels.trouble.publish({ ...this.source, label, error });
  }

  #elapsed(since: number): number {
    return this.clock.mono() - since;
  }
}
