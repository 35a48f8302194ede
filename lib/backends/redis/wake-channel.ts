import { randomUUID } from 'node:crypto';
import type { RedisClient } from './redis.connections.js';

/** A grant that was handed to a waiter of this process. */
export interface PushedGrant {
  /** When it was made, by the server's clock in µs. */
  readonly madeMicros: number;
  /** How long it lasts from then on, in ms. */
  readonly lengthMs: number;
  /** What the lock holds: `<first token>.<count>.<owner>`. */
  readonly value: string;
}

export interface WakeListener {
  onGranted(owner: string, grant: PushedGrant): void;
  /** Somebody ought to look at its key again, in so many ms. */
  onLook(owner: string, inMs: number): void;
  /** From now on every message arrives; what was sent before may have been missed. */
  onLive(): void;
  /** Messages will not come. */
  onRefused(error: unknown): void;
}

/** How often the connection is made sure of while somebody waits. */
const VERIFY_MS = 10_000;
const REPEAT_MS = 1_000;

const GRANTED = /^granted (\d+) (\d+) (\d+\.\d+\.(.*))$/s;
const LOOK = /^look (\d+) (.*)$/s;

/** The one channel on which this process hears that it was granted a key; one connection, however many locks. */
export class WakeChannel {
  readonly name = `nestjs-locked:wake:${randomUUID()}`;
  #isLive = false;
  #isRefused = false;
  #verifiedAt = 0;

  constructor(
    private readonly client: RedisClient,
    private readonly listener: WakeListener,
  ) {
    client.on('message', (channel: string, message: string) => {
      if (channel === this.name) this.#hear(message);
    });
    client.on('ready', () => void this.#subscribe());
    client.on('close', () => {
      this.#isLive = false;
    });
    if (client.status === 'ready') void this.#subscribe();
  }

  /** Whether a message sent now would be heard; a waiter looks more often where it would not. */
  get isLive(): boolean {
    return this.#isLive;
  }

  /** Where grants are announced; nowhere if this process cannot hear. */
  get address(): string {
    return this.#isRefused ? '' : this.name;
  }

  /** Whoever looks has it made sure now and then: a connection that died in silence has to be found out. */
  verify(now: number): void {
    if (!this.#isLive || now - this.#verifiedAt < VERIFY_MS) return;
    this.#verifiedAt = now;
    // Without an answer the driver cuts the connection, and connects again.
    this.client.ping().catch(() => undefined);
  }

  async #subscribe(): Promise<void> {
    try {
      await this.client.subscribe(this.name);
      this.#isLive = true;
      this.#verifiedAt = performance.now();
      this.listener.onLive();
    } catch (error) {
      if (String(error).includes('NOPERM')) {
        this.#isRefused = true;
        this.listener.onRefused(error);
      } else if (this.client.status === 'ready') {
        // A cut connection comes back, and then it is tried again; this one is not cut.
        setTimeout(() => void this.#subscribe(), REPEAT_MS).unref();
      }
    }
  }

  #hear(message: string): void {
    const [, madeMicros, lengthMs, value, owner] = GRANTED.exec(message) ?? [];
    if (owner !== undefined && value !== undefined) {
      this.listener.onGranted(owner, { madeMicros: Number(madeMicros), lengthMs: Number(lengthMs), value });
      return;
    }
    const [, inMs, sleeper] = LOOK.exec(message) ?? [];
    if (sleeper !== undefined) this.listener.onLook(sleeper, Number(inMs));
  }
}
