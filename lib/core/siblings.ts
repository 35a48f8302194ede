import type { LockerContext } from './context.js';
import type { Settings } from './options.js';
import { WaitingRoom } from './waiting-room.js';

interface SiblingAtWork {
  dismissSiblings(error: unknown): void;
}

/** Calls that joined the same lease: they take turns below it, in order. */
export class Siblings {
  readonly #room: WaitingRoom<void>;
  /** Whoever has the turn: somebody who has just been called, or the lease made for it. */
  #atWork: true | SiblingAtWork | undefined;
  #whenIdle: (() => void)[] = [];

  constructor(context: LockerContext, storeKey: string) {
    this.#room = new WaitingRoom(context, storeKey, () => undefined);
  }

  get isIdle(): boolean {
    return !this.#atWork && this.#room.size === 0;
  }

  async enter(key: string, settings: Settings): Promise<void> {
    if (settings.waitMs === 0 && !this.isIdle) throw this.#room.busyError(settings, 0, { busy: true });
    const turn = this.#room.enter(key, settings);
    this.#advance();
    await turn.promise;
  }

  /** The one that was called works below `lease` now. */
  began(lease: SiblingAtWork): void {
    this.#atWork = lease;
  }

  /** The lease around them is lost: who still waits for a turn gets none. */
  dismiss(error: unknown): void {
    this.#room.dismiss(error);
    if (typeof this.#atWork === 'object') this.#atWork.dismissSiblings(error);
  }

  leave(): void {
    this.#atWork = undefined;
    this.#advance();
  }

  /** Settles when nobody is at work and nobody waits. */
  idle(): Promise<void> {
    if (this.isIdle) return Promise.resolve();
    return new Promise((resolve) => this.#whenIdle.push(resolve));
  }

  #advance(): void {
    if (this.#atWork) return;
    const next = this.#room.callNext();
    if (next) {
      this.#atWork = true;
      next.resolve();
      return;
    }
    for (const resolve of this.#whenIdle.splice(0)) resolve();
  }
}
