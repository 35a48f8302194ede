import { closeSession, createContainer, hideForeignCode, withFrames } from './client-patches.js';
import {
  type Acl,
  AUTH_FAILED,
  CODES,
  CONNECTED,
  DISCONNECTED,
  EXPIRED,
  MODES,
  NODE_DELETED,
  type RawClient,
  rawClient,
  type Reply,
  type Server,
  type SessionIdentity,
} from './raw-client.js';
import { Refusal } from './refusal.js';
import { type OnGone, Watches } from './watches.js';
import { watchdog } from './watchdog.js';

export interface ConnectionSettings {
  readonly server: Server;
  readonly sessionMs: number;
  readonly credentials?: string | undefined;
  readonly acl: readonly Acl[];
  /** Told when a write was answered: the leader has heard of the session after it was sent. */
  onWritten?(sent: number): void;
  onEnded?(why: Refusal): void;
}

export interface Created {
  readonly path: string;
  /** Id of the transaction that made the node. */
  readonly czxid: bigint;
}

export interface Found extends Created {
  /** Id of the session with which it goes; zeros: of none. */
  readonly session: Buffer;
}

const NOTHING = Buffer.alloc(0);
const HIGHEST_XID = 2 ** 30;

/** What only the leader can have answered a write with. Other refusals the server that we talk to may make up itself. */
const FROM_LEADER: ReadonlySet<number> = new Set([CODES.ok, CODES.noNode, CODES.nodeExists, CODES.notEmpty]);
/** The server does not have the session: it has ended, or goes on elsewhere. */
const WITHOUT_SESSION: ReadonlySet<number> = new Set([CODES.sessionExpired, CODES.sessionMoved]);

/**
 * One TCP connection to one server, from the handshake to its end; the client is not let connect again. Each request
 * settles: with its answer, or when the connection ends.
 */
export class Connection {
  readonly #settings: ConnectionSettings;
  readonly #client: RawClient;
  readonly #unanswered = new Set<(why: Refusal) => void>();
  readonly #watches = new Watches((path, fired) => this.#watch(path, fired));
  readonly #opened: Promise<void>;
  #open: () => void = () => undefined;
  #isCorked = false;
  #ended: Refusal | undefined;
  /** The code of an answer that the client does not know. */
  #foreignCode: number | undefined;

  constructor(settings: ConnectionSettings, identity?: SessionIdentity) {
    this.#settings = settings;
    this.#client = rawClient(settings.server, settings.sessionMs, identity);
    this.#opened = this.#ask(false, (reply: Reply<undefined>) => {
      this.#open = () => {
        reply(null, undefined);
      };
    });
    this.#takeOver();
    this.#client.connect();
    // Whatever happens to it later, it does not come back by itself.
    this.#client.connectionManager.connect = () => undefined;
  }

  get identity(): SessionIdentity {
    const { sessionId, sessionPassword } = this.#client.connectionManager;
    return { id: sessionId, password: sessionPassword };
  }

  /** What the server has made of the time-out that was asked for, in ms. */
  get sessionMs(): number {
    return this.#client.connectionManager.sessionTimeout;
  }

  get isOpen(): boolean {
    return this.#ended === undefined;
  }

  /** Settles when the session is there. Who asks for anything before that may find it done under another identity. */
  opened(withinMs: number): Promise<void> {
    return this.#within(withinMs, this.#opened, 'The server did not answer the handshake.');
  }

  create(path: string, data: Buffer, mode: keyof typeof MODES): Promise<Created> {
    return this.#ask(true, (reply: Reply<Created>) => {
      this.#client.create(path, data, this.#settings.acl, MODES[mode], (error, path) => {
        // The client keeps the id of the transaction that was answered last: this one.
        reply(error, { path, czxid: this.#client.connectionManager.zxid.readBigInt64BE() });
      });
    });
  }

  /** A node that the server removes some time after its last child has gone. */
  createContainer(path: string): Promise<void> {
    return this.#ask(true, (reply: Reply<undefined>) => {
      createContainer(this.#client, path, this.#settings.acl, reply);
    });
  }

  remove(path: string): Promise<void> {
    return this.#ask(true, (reply: Reply<undefined>) => {
      this.#client.remove(path, -1, reply);
    });
  }

  touch(path: string): Promise<void> {
    return this.#ask(true, (reply: Reply<undefined>) => {
      this.#client.setData(path, NOTHING, -1, (error) => {
        reply(error, undefined);
      });
    });
  }

  children(path: string): Promise<string[]> {
    return this.#ask(false, (reply: Reply<string[]>) => {
      this.#client.getChildren(path, reply);
    });
  }

  find(path: string): Promise<Found | undefined> {
    return this.#ask(false, (reply: Reply<Found | undefined>) => {
      this.#client.exists(path, (error, stat) => {
        reply(error, stat ? { path, czxid: stat.czxid.readBigInt64BE(), session: stat.ephemeralOwner } : undefined);
      });
    });
  }

  /** @returns ends the wait */
  onGone(path: string, onGone: OnGone): () => void {
    if (this.#ended) {
      onGone(this.#ended);
      return () => undefined;
    }
    return this.#watches.add(path, onGone);
  }

  /** Ends the session, with all that it has made, if the server hears of it in time. */
  async closeSession(withinMs: number): Promise<void> {
    const told = this.#ask(true, (reply: Reply<undefined>) => {
      closeSession(this.#client, reply);
    });
    try {
      await this.#within(withinMs, told, 'The server did not confirm the end of the session.');
    } finally {
      this.end(new Refusal(CODES.connectionLoss, 'The session was closed.'));
    }
  }

  end(why: Refusal): void {
    if (this.#ended) return;
    this.#ended = why;
    for (const fail of this.#unanswered) fail(why);
    this.#unanswered.clear();
    this.#watches.end(why);
    // The client makes its socket in a later tick than it is told to.
    setImmediate(() => {
      const { socket, connectTimeoutHandler } = this.#client.connectionManager;
      clearTimeout(connectTimeoutHandler);
      socket?.destroy();
    });
    this.#settings.onEnded?.(why);
  }

  async #within<T>(ms: number, work: Promise<T>, silence: string): Promise<T> {
    const answered = watchdog(ms, () => {
      this.end(new Refusal(CODES.connectionLoss, silence));
    });
    try {
      return await work;
    } finally {
      answered();
    }
  }

  #ask<T>(isWrite: boolean, send: (reply: Reply<T>) => void): Promise<T> {
    if (this.#ended) return Promise.reject(this.#ended);
    const sent = performance.now();
    return new Promise<T>((resolve, reject) => {
      this.#unanswered.add(reject);
      this.#gather();
      const answered: Reply<T> = (error, answer) => {
        // The connection's end has answered already.
        if (!this.#unanswered.delete(reject)) return;
        const code = error ? (this.#foreignCode ?? error.code) : CODES.ok;
        if (isWrite && FROM_LEADER.has(code)) this.#settings.onWritten?.(sent);
        if (error) reject(new Refusal(code));
        else resolve(answer);
        if (WITHOUT_SESSION.has(code)) this.end(new Refusal(code));
      };
      try {
        send(answered);
      } catch (error) {
        this.#unanswered.delete(reject);
        throw error;
      }
    });
  }

  /** What is asked for in one tick travels together. */
  #gather(): void {
    const { connectionManager: manager } = this.#client;
    // After 2^31 requests the client could not number the next one; answers come in order, so numbers may come again.
    if (manager.xid > HIGHEST_XID) manager.xid = 0;
    const { socket } = manager;
    if (this.#isCorked || !socket) return;
    this.#isCorked = true;
    socket.cork();
    process.nextTick(() => {
      this.#isCorked = false;
      socket.uncork();
    });
  }

  #watch(path: string, fired: (isDeleted: boolean) => void): Promise<unknown> {
    return this.#ask(false, (reply: Reply<Buffer>) => {
      const watcher = ({ type }: { type: number }): void => {
        fired(type === NODE_DELETED);
      };
      this.#client.getData(path, watcher, reply);
    }).catch((error: unknown) => {
      if (error instanceof Refusal && error.code === CODES.noNode) fired(true);
      else throw error;
    });
  }

  /** Puts ourselves between the client and its socket, and hears of its states. */
  #takeOver(): void {
    const { connectionManager: manager } = this.#client;
    const { credentials } = this.#settings;
    // Before the handshake: the server reads it before whatever is asked for.
    if (credentials !== undefined) this.#client.addAuthInfo('digest', Buffer.from(credentials));
    withFrames(
      manager,
      (frame, handle) => {
        if (this.#ended) return;
        // The code of an answer is asked for while it is handled.
        this.#foreignCode = manager.state === CONNECTED ? hideForeignCode(frame) : undefined;
        try {
          handle(frame);
        } finally {
          this.#foreignCode = undefined;
        }
      },
      (cause) => {
        this.end(new Refusal(CODES.connectionLoss, 'The client could not read what the server sent.', cause));
      },
    );
    manager.on('state', (state) => {
      if (state === CONNECTED) this.#open();
      else if (state === EXPIRED)
        this.end(new Refusal(CODES.sessionExpired, 'The server says that the session has expired.'));
      else if (state === AUTH_FAILED) this.end(new Refusal(CODES.authFailed, 'The server refused the credentials.'));
      else if (state === DISCONNECTED) this.end(new Refusal(CODES.connectionLoss, 'The connection was cut.'));
    });
  }
}
