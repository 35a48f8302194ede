import { randomUUID } from 'node:crypto';
import { type ClockTimer, systemClock } from '../../../core/clock.js';
import { jittered } from '../back-off.js';
import type { Listener } from '../lock-table.js';
import { Wakes } from '../wakes.js';
import type { PgClient } from './postgres.pool.js';

/** How long the connection stays when nobody waits any more: hot keys are waited for again at once. */
const LINGER_MS = 10_000;
/** So often it is made sure of, by a telling of our own: a cut that nobody reported, a pooler that swallows tellings. */
const VERIFY_EVERY_MS = 10_000;
const VERIFY_MS = 1_000;
const RETRY_MS = 250;
const LONGEST_RETRY_MS = 10_000;

export interface WakeChannelSettings {
  readonly channel: string;
  /** A connection of its own, not yet connected. `undefined`: never listen. */
  readonly connect: (() => PgClient) | undefined;
  /** Tells `payload` on the channel, over another connection. */
  readonly tell: (payload: string) => Promise<unknown>;
}

/**
 * How a release in one process wakes waiters in others: LISTEN and NOTIFY, over one connection per process, which is there
 * only while somebody waits. It counts as hearing only after it has heard a telling of our own.
 */
export class WakeChannel {
  readonly channel: string;
  readonly #wakes = new Wakes();
  #client: PgClient | undefined;
  #hears = false;
  /** When it last heard a telling of our own, and when another attempt to connect makes sense; monotonic ms. */
  #provedAt = -Infinity;
  #retryAt = -Infinity;
  #failed = 0;
  #retry: ClockTimer | undefined;
  #check: ClockTimer | undefined;
  #linger: ClockTimer | undefined;
  /** The telling of our own that is under way, and who waits for it. */
  #proof: { readonly payload: string; readonly heard: () => void } | undefined;

  constructor(private readonly settings: WakeChannelSettings) {
    this.channel = settings.channel;
  }

  listen(name: string, wake: () => void): Listener {
    const remove = this.#wakes.add(name, wake);
    this.#attend();
    const hears = (): boolean => this.#hears;
    return {
      get hears() {
        return hears();
      },
      close: () => {
        remove();
        if (!this.#wakes.isEmpty) return;
        this.#linger?.cancel();
        this.#linger = systemClock.setTimer(() => {
          this.#drop();
        }, LINGER_MS);
      },
    };
  }

  /** Wakes everybody and stops listening. */
  close(): void {
    this.#drop();
    this.#wakes.wakeAll();
  }

  /** Somebody waits: see to it that the connection is there, and that it hears. */
  #attend(): void {
    this.#linger?.cancel();
    if (!this.settings.connect) return;
    const now = systemClock.mono();
    const isDue = this.#hears && now - this.#provedAt >= VERIFY_EVERY_MS;
    if (this.#client) {
      if (isDue) void this.#verify(this.#client);
    } else if (now >= this.#retryAt) {
      void this.#open();
    } else {
      this.#retry ??= systemClock.setTimer(() => {
        this.#retry = undefined;
        if (!this.#wakes.isEmpty) this.#attend();
      }, this.#retryAt - now);
    }
  }

  async #open(): Promise<void> {
    let client: PgClient | undefined;
    try {
      client = this.settings.connect?.();
      if (!client) return;
      this.#client = client;
      this.#hearken(client);
      await client.connect();
      client.unref();
      await client.query(`LISTEN "${this.channel}"`);
    } catch {
      // Waiters poll meanwhile, and trouble with the server is told to those who ask for locks.
      this.#lost(client);
      return;
    }
    await this.#verify(client);
  }

  #hearken(client: PgClient): void {
    const lost = (): void => {
      this.#lost(client);
    };
    client.on('error', lost);
    client.on('end', lost);
    client.on('notification', ({ payload = '' }) => {
      if (this.#client !== client) return;
      if (payload === this.#proof?.payload) this.#proof.heard();
      else this.#wakes.wake(payload);
    });
  }

  async #verify(client: PgClient): Promise<void> {
    if (this.#proof || this.#client !== client) return;
    const isHeard = await this.#isHeard();
    if (this.#client !== client) return;
    this.#proof = undefined;
    if (!isHeard) {
      this.#lost(client);
      return;
    }
    this.#failed = 0;
    this.#provedAt = systemClock.mono();
    if (!this.#hears) {
      this.#hears = true;
      // What was told before this moment may have gone unheard.
      this.#wakes.wakeAll();
    }
    this.#check?.cancel();
    this.#check = systemClock.setTimer(() => {
      if (!this.#wakes.isEmpty) this.#attend();
    }, VERIFY_EVERY_MS);
  }

  #isHeard(): Promise<boolean> {
    const payload = randomUUID();
    return new Promise((resolve) => {
      const end = (isHeard: boolean): void => {
        timer.cancel();
        resolve(isHeard);
      };
      const timer = systemClock.setTimer(() => {
        end(false);
      }, VERIFY_MS);
      const heard = (): void => {
        end(true);
      };
      this.#proof = { payload, heard };
      this.settings.tell(payload).catch(() => {
        end(false);
      });
    });
  }

  /** Cut, deaf, or never had: waiters poll until there is another. */
  #lost(client: PgClient | undefined): void {
    if (this.#client !== client) return;
    const hasHeard = this.#hears;
    this.#drop();
    this.#retryAt = systemClock.mono() + jittered(Math.min(RETRY_MS * 2 ** this.#failed++, LONGEST_RETRY_MS));
    // Those who slept because tellings came; the others poll as it is.
    if (hasHeard) this.#wakes.wakeAll();
    if (!this.#wakes.isEmpty) this.#attend();
  }

  #drop(): void {
    for (const timer of [this.#retry, this.#check, this.#linger]) timer?.cancel();
    this.#retry = this.#proof = undefined;
    this.#hears = false;
    const client = this.#client;
    this.#client = undefined;
    // Not waited for: it keeps no process alive, and one that is gone would never answer.
    client?.end().catch(() => undefined);
  }
}
