import { randomUUID } from 'node:crypto';
import type { RedisClient } from './redis.connections.js';

/** A grant that was handed to a waiter of this process. */
export interface PushedGrant {
  /** When it ends, by the server's clock in ms. */
  readonly expires: number;
  /** How long it lasted from when it was made, in ms. */
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

const GRANTED = /^granted (\d+) (\d+) (\d+\.\d+\.(.*))$/s;
const LOOK = /^look (\d+) (.*)$/s;

/** The one channel on which this process hears that it was granted a key; one connection, however many locks. */
export class WakeChannel {
  readonly name = `nestjs-locked:wake:${randomUUID()}`;
  #isLive = false;
  #isRefused = false;

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

  async #subscribe(): Promise<void> {
    try {
      await this.client.subscribe(this.name);
      this.#isLive = true;
      this.listener.onLive();
    } catch (error) {
      // A cut connection comes back, and then it is tried again.
      if (!(error instanceof Error && error.message.startsWith('NOPERM'))) return;
      this.#isRefused = true;
      this.listener.onRefused(error);
    }
  }

  #hear(message: string): void {
    const [, expires, lengthMs, value, owner] = GRANTED.exec(message) ?? [];
    if (owner !== undefined && value !== undefined) {
      this.listener.onGranted(owner, { expires: Number(expires), lengthMs: Number(lengthMs), value });
      return;
    }
    const [, inMs, sleeper] = LOOK.exec(message) ?? [];
    if (sleeper !== undefined) this.listener.onLook(sleeper, Number(inMs));
  }
}
