import { lockChannels, type LockEvent } from './channel.js';
import type { Clock } from './clock.js';
import { isLockError, type LostReason } from './errors.js';

/**
 * Publishes what happens in one Locker. An event is built only when its channel has a subscriber, and as one literal:
 * a spread would cost more than the hand-over it tells of.
 */
export class Telemetry {
  constructor(
    private readonly clock: Pick<Clock, 'mono'>,
    private readonly source: Omit<LockEvent, 'label'>,
  ) {}

  granted(label: string, token: bigint, since: number, handedOver: boolean): void {
    if (!lockChannels.granted.hasSubscribers) return;
    const { locker, name, backend } = this.source;
    const waitedMs = this.#elapsed(since);
    lockChannels.granted.publish({ locker, name, backend, label, token, waitedMs, handedOver });
  }

  released(label: string, token: bigint, since: number): void {
    if (!lockChannels.released.hasSubscribers) return;
    const { locker, name, backend } = this.source;
    lockChannels.released.publish({ locker, name, backend, label, token, heldMs: this.#elapsed(since) });
  }

  refused(label: string, error: unknown, since: number): void {
    if (!lockChannels.refused.hasSubscribers) return;
    const { locker, name, backend } = this.source;
    const code = isLockError(error) ? error.code : 'UNKNOWN';
    lockChannels.refused.publish({ locker, name, backend, label, code, waitedMs: this.#elapsed(since) });
  }

  lost(label: string, token: bigint, reason: LostReason): void {
    if (!lockChannels.lost.hasSubscribers) return;
    const { locker, name, backend } = this.source;
    lockChannels.lost.publish({ locker, name, backend, label, token, reason });
  }

  suspect(label: string, error: unknown): void {
    if (!lockChannels.suspect.hasSubscribers) return;
    const { locker, name, backend } = this.source;
    lockChannels.suspect.publish({ locker, name, backend, label, error });
  }

  trouble(label: string, error: unknown): void {
    if (!lockChannels.trouble.hasSubscribers) return;
    const { locker, name, backend } = this.source;
    lockChannels.trouble.publish({ locker, name, backend, label, error });
  }

  #elapsed(since: number): number {
    return this.clock.mono() - since;
  }
}
