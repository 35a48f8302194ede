import type { Socket } from 'node:net';
import { Frames } from './frames.js';
import {
  AUTH_FAILED,
  CODES,
  CONNECTED,
  DISCONNECTED,
  EXPIRED,
  type RawClient,
  rawClient,
  type Server,
  type SessionIdentity,
} from './raw-client.js';
import { Refusal } from './refusal.js';
import { watchdog } from './watchdog.js';
import { Answer, NOTIFICATION, numbered } from './wire.js';

export interface ExchangeSettings {
  readonly server: Server;
  readonly sessionMs: number;
  readonly credentials?: string | undefined;
  /** Told when a write was answered by the leader: it was asked after that time. */
  readonly onWritten?: (sent: number) => void;
  readonly onEnded?: (why: Refusal) => void;
}

/** What only the leader can have answered a write with. Other refusals the server that we talk to may make up itself. */
const FROM_LEADER: ReadonlySet<number> = new Set([CODES.ok, CODES.noNode, CODES.nodeExists, CODES.notEmpty]);
/** The server does not have the session: it has ended, or goes on elsewhere. */
const WITHOUT_SESSION: ReadonlySet<number> = new Set([CODES.sessionExpired, CODES.sessionMoved]);

const HIGHEST_ID = 2 ** 31 - 1;

/** Answers come in order, so numbers may come again. */
export function idAfter(id: number): number {
  return id === HIGHEST_ID ? 1 : id + 1;
}

interface Question {
  readonly answered: (answer: Answer) => void;
  readonly failed: (why: Error) => void;
}

/**
 * Questions and answers over one TCP connection to one server, from the handshake to its end. The client opens it, shakes
 * hands and pings; it is not let connect again. Each question settles: with its answer, or when the connection ends.
 */
export class Exchange {
  readonly #settings: ExchangeSettings;
  readonly #client: RawClient;
  readonly #frames = new Frames();
  readonly #unanswered = new Map<number, Question>();
  readonly #opened: Promise<void>;
  readonly #onNotification: (notification: Answer) => void;
  #open: (() => void) | undefined;
  #fail: ((why: Refusal) => void) | undefined;
  #id = 0;
  #isCorked = false;
  #ended: Refusal | undefined;

  constructor(
    settings: ExchangeSettings,
    identity: SessionIdentity | undefined,
    onNotification: (notification: Answer) => void,
  ) {
    this.#settings = settings;
    this.#onNotification = onNotification;
    this.#client = rawClient(settings.server, settings.sessionMs, identity);
    this.#opened = new Promise((resolve, reject) => {
      this.#open = resolve;
      this.#fail = reject;
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

  get ended(): Refusal | undefined {
    return this.#ended;
  }

  /** Settles when the session is there. Who asks for anything before that may find it done under another identity. */
  opened(withinMs: number): Promise<void> {
    return this.within(withinMs, this.#opened, 'The server did not answer the handshake.');
  }

  read<T>(message: Buffer, read: (answer: Answer) => T): Promise<T> {
    return this.#ask(message, read, false);
  }

  write<T>(message: Buffer, read: (answer: Answer) => T): Promise<T> {
    return this.#ask(message, read, true);
  }

  /** Ends it when some of its work takes longer than that. */
  async within<T>(ms: number, work: Promise<T>, silence: string): Promise<T> {
    const answered = watchdog(ms, () => {
      this.end(new Refusal(CODES.connectionLoss, silence));
    });
    try {
      return await work;
    } finally {
      answered();
    }
  }

  end(why: Refusal): void {
    if (this.#ended) return;
    this.#ended = why;
    this.#fail?.(why);
    for (const { failed } of this.#unanswered.values()) failed(why);
    this.#unanswered.clear();
    // The client makes its socket in a later tick than it is told to.
    setImmediate(() => {
      const { socket, connectTimeoutHandler } = this.#client.connectionManager;
      clearTimeout(connectTimeoutHandler);
      socket?.destroy();
    });
    this.#settings.onEnded?.(why);
  }

  #ask<T>(message: Buffer, read: (answer: Answer) => T, isWrite: boolean): Promise<T> {
    const { socket } = this.#client.connectionManager;
    if (!socket || this.#ended) return Promise.reject(this.#ended ?? new Refusal(CODES.connectionLoss));
    const sent = performance.now();
    return new Promise<T>((resolve, reject) => {
      const answered = (answer: Answer): void => {
        const { code } = answer;
        if (isWrite && FROM_LEADER.has(code)) this.#settings.onWritten?.(sent);
        if (code === CODES.ok) resolve(read(answer));
        else reject(new Refusal(code));
        if (WITHOUT_SESSION.has(code)) this.end(new Refusal(code));
      };
      if (this.#unanswered.size > 0) this.#gather(socket);
      this.#id = idAfter(this.#id);
      this.#unanswered.set(this.#id, { answered, failed: reject });
      socket.write(numbered(message, this.#id));
    });
  }

  /** What is asked for in one tick travels together, unless the server has nothing else to do. */
  #gather(socket: Socket): void {
    if (this.#isCorked) return;
    this.#isCorked = true;
    socket.cork();
    process.nextTick(() => {
      this.#isCorked = false;
      socket.uncork();
    });
  }

  /** Puts ourselves between the client and its socket, and hears of its states. */
  #takeOver(): void {
    const { connectionManager: manager } = this.#client;
    const { credentials } = this.#settings;
    // Before the handshake: the server reads it before whatever is asked for.
    if (credentials !== undefined) this.#client.addAuthInfo('digest', Buffer.from(credentials));
    const handle = manager.onSocketData.bind(manager);
    manager.onSocketData = (data) => {
      try {
        for (const frame of this.#frames.add(data)) if (!this.#ended) this.#take(frame, handle);
      } catch (cause) {
        this.end(new Refusal(CODES.connectionLoss, 'What the server sent cannot be read.', cause));
      }
    };
    // The client says that there is no connection, and not why.
    let trouble: Error | undefined;
    const failed = manager.onSocketError.bind(manager);
    manager.onSocketError = (error) => {
      trouble = error;
      failed(error);
    };
    manager.on('state', (state) => {
      if (state === CONNECTED) this.#open?.();
      else if (state === EXPIRED)
        this.end(new Refusal(CODES.sessionExpired, 'The server says that the session has expired.'));
      else if (state === AUTH_FAILED) this.end(new Refusal(CODES.authFailed, 'The server refused the credentials.'));
      else if (state === DISCONNECTED)
        this.end(new Refusal(CODES.connectionLoss, trouble?.message ?? 'The connection was cut.', trouble));
    });
  }

  #take(frame: Buffer, handle: (frame: Buffer) => void): void {
    const answer = new Answer(frame);
    // Handshake, pings and credentials are the client's.
    if (this.#client.connectionManager.state !== CONNECTED || answer.id < NOTIFICATION) handle(frame);
    else if (answer.id === NOTIFICATION) this.#onNotification(answer);
    else this.#answer(answer);
  }

  #answer(answer: Answer): void {
    const question = this.#unanswered.get(answer.id);
    if (!question) throw new Error('The server answered what nobody had asked.');
    question.answered(answer);
    this.#unanswered.delete(answer.id);
  }
}
