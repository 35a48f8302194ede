import { type BeforeApplicationShutdown, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { parseDuration } from './core/duration.js';
import { LockOptionsError } from './core/errors.js';
import type { ShutdownOptions } from './lock.options.js';
import type { Lockers } from './lock.service.js';

/** Ends the locks in two steps: first nobody waits long any more, then, when the server is closed, nobody holds any. */
export class LockShutdown implements BeforeApplicationShutdown, OnApplicationShutdown {
  readonly #waitMs: number;
  readonly #drainMs: number;

  constructor(
    private readonly lockers: Lockers,
    { wait = 1_000, drain = 10_000, ...unknown }: ShutdownOptions = {},
  ) {
    for (const name of Object.keys(unknown)) {
      throw new LockOptionsError(`shutdown.${name}`, 'is unknown here; known are wait, drain.');
    }
    this.#waitMs = parseDuration('shutdown.wait', wait);
    this.#drainMs = parseDuration('shutdown.drain', drain);
  }

  beforeApplicationShutdown(): void {
    for (const locker of this.lockers.values()) locker.quiesce(this.#waitMs);
  }

  async onApplicationShutdown(): Promise<void> {
    const lockers = [...this.lockers.values()];
    const ends = await Promise.allSettled(lockers.map((locker) => locker.close({ drain: this.#drainMs })));
    for (const end of ends) {
      // The rest of the application must close too.
      if (end.status === 'rejected') new Logger('nestjs-locked').error(end.reason);
    }
  }
}
