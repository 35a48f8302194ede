import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from './connection.js';
import { CODES, type SessionIdentity } from './raw-client.js';
import { isRefusal, Refusal } from './refusal.js';
import { Rotation } from './rotation.js';
import { type Outside, Session, type SessionSettings } from './session.js';

/** For what a closing process may still be kept. */
const CLOSE_MS = 1_500;
const HANDSHAKE_MS = 500;
/** Share of a session's length: as much as the servers wait for it after it was given up. To take it up is a sign of life. */
const BURIED_FOR = 1 / 3;

/** One session at a time, a new one when the last has ended. */
export class Sessions {
  readonly #settings: SessionSettings;
  /** What is done for all is not part of the request that happens to begin it. */
  readonly #outside: Outside = AsyncLocalStorage.snapshot();
  #present: Session | undefined;
  readonly #burials = new Map<Promise<void>, AbortController>();

  constructor(settings: SessionSettings) {
    this.#settings = settings;
  }

  get present(): Session {
    if (this.#present && !this.#present.isOver) return this.#present;
    const session = (this.#present = new Session(this.#settings, this.#outside));
    session.over.addEventListener('abort', () => {
      if (this.#present !== session) return;
      this.#present = undefined;
      this.#bury(session, session.sessionMs * BURIED_FOR);
    });
    return session;
  }

  /** The one to go on in after one that has ended of itself. */
  successorOf(session: Session): Session | undefined {
    return session.isOver && !session.isClosed ? this.present : undefined;
  }

  /** What is to be kept stays until the server ends the session. */
  async close(): Promise<void> {
    const session = this.#present;
    this.#present = undefined;
    const until = performance.now() + CLOSE_MS;
    if (session && session.left.kept.size > 0) session.drop();
    else if (session && !(await session.close(CLOSE_MS / 2))) this.#bury(session, until - performance.now());
    const giveUp = setTimeout(() => {
      for (const burial of this.#burials.values()) burial.abort();
    }, until - performance.now());
    await Promise.all(this.#burials.keys());
    clearTimeout(giveUp);
  }

  /** A session that was given up may live on at the servers, and keep from others what it held: they are told. */
  #bury({ identity }: Session, withinMs: number): void {
    if (!identity) return;
    const giveUp = new AbortController();
    const burial = this.#tellOneServer(identity, performance.now() + withinMs, giveUp.signal);
    this.#burials.set(burial, giveUp);
    void burial.finally(() => this.#burials.delete(burial));
  }

  async #tellOneServer(identity: SessionIdentity, until: number, signal: AbortSignal): Promise<void> {
    const rotation = new Rotation(this.#settings.servers);
    while (performance.now() < until) {
      await sleep(rotation.pauseMs, undefined, { ref: false, signal }).catch(() => undefined);
      if (signal.aborted) return;
      const connection = new Connection({ ...this.#settings, server: rotation.next() }, identity);
      const stop = (): void => {
        connection.end(new Refusal(CODES.connectionLoss, 'The store was closed.'));
      };
      signal.addEventListener('abort', stop);
      try {
        await connection.opened(HANDSHAKE_MS);
        await connection.closeSession(HANDSHAKE_MS);
        return;
      } catch (error) {
        if (isRefusal(error, 'sessionExpired')) return;
      } finally {
        signal.removeEventListener('abort', stop);
        stop();
      }
    }
  }
}
