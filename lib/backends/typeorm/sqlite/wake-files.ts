import { type FSWatcher, constants, closeSync, mkdirSync, openSync, watch, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type ClockTimer, systemClock } from '../../../core/clock.js';
import type { Listener } from '../lock-table.js';
import { keyHash, Wakes } from '../wakes.js';

/** How long the watch stays open when nobody waits any more: hot keys are waited for again at once. */
const LINGER_MS = 500;
const MARK = Buffer.from('.');

/**
 * How a release in one process wakes waiters in others: it touches a file in a folder beside the lock file, and they
 * watch the folder. The file's name is a hash of the key, so that who waits for another key sleeps on.
 */
export class WakeFiles {
  readonly #wakes = new Wakes();
  #watcher: FSWatcher | undefined;
  #linger: ClockTimer | undefined;

  constructor(private readonly folder: string) {}

  tell(key: string): void {
    const file = join(this.folder, bucketOf(key));
    try {
      touch(file);
    } catch {
      try {
        mkdirSync(this.folder, { recursive: true });
        touch(file);
      } catch {
        // Waiters look by themselves now and then.
      }
    }
  }

  listen(key: string, wake: () => void): Listener {
    const remove = this.#wakes.add(bucketOf(key), wake);
    const hears = this.#watching();
    return {
      hears,
      close: () => {
        remove();
        if (this.#wakes.isEmpty) this.#rest();
      },
    };
  }

  /** Wakes everybody and stops watching. */
  close(): void {
    this.#stop();
    this.#wakes.wakeAll();
  }

  #watching(): boolean {
    this.#linger?.cancel();
    this.#watcher ??= this.#start();
    return this.#watcher !== undefined;
  }

  #start(): FSWatcher | undefined {
    try {
      mkdirSync(this.folder, { recursive: true });
      const watcher = watch(this.folder, { persistent: false }, (_event, name) => {
        if (name !== null && isBucket(name)) this.#wakes.wake(name);
        // Not one of ours: the folder itself was renamed or removed, and the watch went with it.
        else this.close();
      });
      watcher.on('error', () => {
        this.close();
      });
      return watcher;
    } catch {
      // No watch to be had (the machine's limit, a file system without them): waiters look more often.
      return undefined;
    }
  }

  #rest(): void {
    this.#linger?.cancel();
    this.#linger = systemClock.setTimer(() => {
      this.#stop();
    }, LINGER_MS);
  }

  #stop(): void {
    this.#linger?.cancel();
    this.#watcher?.close();
    this.#watcher = undefined;
  }
}

function touch(file: string): void {
  // A byte in place, not a new file: one event for the watchers, and it works on a full disk.
  const fd = openSync(file, constants.O_WRONLY | constants.O_CREAT, 0o666);
  try {
    writeSync(fd, MARK, 0, 1, 0);
  } finally {
    closeSync(fd);
  }
}

/** One of 256 files. */
function bucketOf(key: string): string {
  return keyHash(key).slice(-2);
}

function isBucket(name: string): boolean {
  return /^[0-9a-f]{2}$/.test(name);
}
