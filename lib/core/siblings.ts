import type { LockerContext } from './context.js';
import type { Settings } from './options.js';
import { WaitingRoom } from './waiting-room.js';

/** Calls that joined the same lease: they take turns below it, in order. */
export class Siblings {
  readonly #room: WaitingRoom<void>;
  #atWork = false;
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

  leave(): void {
    this.#atWork = false;
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
