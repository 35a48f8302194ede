import { type FSWatcher, constants, closeSync, mkdirSync, openSync, watch, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type ClockTimer, systemClock } from '../../../core/clock.js';
import type { Listener } from '../lock-table.js';

/** How long the watch stays open when nobody waits any more: hot keys are waited for again at once. */
const LINGER_MS = 500;
const BUCKETS = 256;
const MARK = Buffer.from('.');

/**
 * How a release in one process wakes waiters in others: it touches a file in a folder beside the lock file, and they
 * watch the folder. The file's name is a hash of the key, so that who waits for another key sleeps on.
 */
export class WakeFiles {
  readonly #waiting = new Map<string, Set<() => void>>();
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
    const bucket = bucketOf(key);
    const wakes = this.#waiting.get(bucket) ?? new Set();
    this.#waiting.set(bucket, wakes.add(wake));
    const hears = this.#watching();
    return {
      hears,
      close: () => {
        wakes.delete(wake);
        if (wakes.size === 0 && this.#waiting.get(bucket) === wakes) this.#waiting.delete(bucket);
        if (this.#waiting.size === 0) this.#rest();
      },
    };
  }

  /** Wakes everybody and stops watching. */
  close(): void {
    this.#stop();
    for (const wakes of [...this.#waiting.values()]) wakeAll(wakes);
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
        const wakes = name === null ? undefined : this.#waiting.get(name);
        if (wakes !== undefined) wakeAll(wakes);
        // Not one of ours: the folder itself was renamed or removed, and the watch went with it.
        else if (name === null || !isBucket(name)) this.close();
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

function wakeAll(wakes: ReadonlySet<() => void>): void {
  for (const wake of [...wakes]) wake();
}

/** FNV-1a over UTF-16 units: only spreads keys over files; two keys in one file wake each other for nothing. */
function bucketOf(key: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return ((hash >>> 0) % BUCKETS).toString(16).padStart(2, '0');
}

function isBucket(name: string): boolean {
  return /^[0-9a-f]{2}$/.test(name);
}
