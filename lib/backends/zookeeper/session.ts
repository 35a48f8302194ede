import { setTimeout as sleep } from 'node:timers/promises';
import { Connection, type ConnectionSettings } from './connection.js';
import { Heartbeat } from './heartbeat.js';
import { CODES, type Server, type SessionIdentity } from './raw-client.js';
import { isCut, Refusal } from './refusal.js';
import { Rotation } from './rotation.js';
import { WaitingRoom } from './waiting-room.js';
import { closed, ended, unreachable, zookeeperError } from './zookeeper.errors.js';

export interface SessionSettings extends Omit<ConnectionSettings, 'server' | 'onWritten' | 'onEnded'> {
  readonly servers: readonly Server[];
  /** Path of the node below which everything of ours stands. */
  readonly root: string;
  readonly onWarning: (message: string) => void;
}

/** What lives and dies with a session. */
export interface Tenant {
  /** A heartbeat was answered. */
  onBeat(connection: Connection): void;
  /** The connection was cut: nothing is certain until the next heartbeat. */
  onCut(why: Refusal): void;
  onOver(): void;
}

/** How long to wait for a connection before saying that there is none. */
const CONNECT_MS = 1_000;
const HANDSHAKE_MS = { shortest: 100, longest: 1_000 };

/**
 * One session with the ensemble, over as many connections as it takes. What proves that it lives is an answered *write*:
 * a server that was cut off from its leader answers reads and pings, while the leader lets the session expire. Two thirds
 * of the session's time-out after the last one was sent, the session is given up: before the leader can.
 */
export class Session {
  readonly tenants = new Set<Tenant>();
  /** Nodes that are nobody's any more, and stay for a while. */
  readonly kept = new Set<string>();
  /** When it is given up unless it is proven before, in monotonic ms. */
  deadline = -Infinity;
  readonly #settings: SessionSettings;
  readonly #over = new AbortController();
  readonly #rotation: Rotation;
  readonly #heartbeat: Heartbeat;
  readonly #waiting = new WaitingRoom<Connection>();
  #identity: SessionIdentity | undefined;
  #sessionMs: number;
  /** Open, and proven by a write. */
  #connection: Connection | undefined;
  #connecting: Connection | undefined;
  #isConnecting = false;
  #beating: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #trouble: unknown;

  constructor(settings: SessionSettings) {
    this.#settings = settings;
    this.#sessionMs = settings.sessionMs;
    this.#rotation = new Rotation(settings.servers);
    this.#heartbeat = new Heartbeat(settings.root);
  }

  get identity(): SessionIdentity | undefined {
    return this.#identity;
  }

  /** Aborted when it has ended, by whatever. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  /** Also when nothing has told it so: after a pause of the process its timers come late. */
  get isOver(): boolean {
    if (this.#identity && this.deadline <= performance.now()) this.#watchOver();
    return this.over.aborted;
  }

  /** What was agreed with the server, in ms. */
  get sessionMs(): number {
    return this.#sessionMs;
  }

  /** How long it is relied on after a proof of life, in ms. */
  get lengthMs(): number {
    return (this.#sessionMs * 2) / 3;
  }

  /**
   * A connection on which the session has been proven.
   *
   * @throws LockBackendError when there is none in time, or the session has ended
   */
  live(withinMs = CONNECT_MS): Promise<Connection> {
    if (this.isOver) return Promise.reject(this.over.reason as Error);
    if (this.#connection) return Promise.resolve(this.#connection);
    const waiting = this.#waiting.wait(withinMs, () => unreachable(this.#trouble));
    void this.#connect();
    return waiting;
  }

  /** Proves that the session lives. */
  async beat(): Promise<void> {
    const connection = await this.live();
    try {
      await (this.#beating ??= this.#beatOn(connection).finally(() => (this.#beating = undefined)));
    } catch (error) {
      throw this.over.aborted ? this.over.reason : zookeeperError(error);
    }
  }

  /** Ends it at the server too, if that one can be told at once. @returns whether it was told */
  async close(withinMs: number): Promise<boolean> {
    const connection = this.#connection;
    if (!connection) {
      this.#end(closed());
      return this.#identity === undefined;
    }
    const told = connection.closeSession(withinMs).then(
      () => true,
      () => false,
    );
    this.#connection = undefined;
    this.#end(closed());
    return await told;
  }

  /** Leaves it to the server to end it, in its own time. */
  drop(): void {
    this.#end(closed());
  }

  async #connect(): Promise<void> {
    if (this.#isConnecting) return;
    this.#isConnecting = true;
    while (this.#isWanted()) {
      await sleep(this.#rotation.pauseMs);
      try {
        if (this.#isWanted()) await this.#attach(this.#rotation.next());
      } catch (error) {
        this.#failed(error);
      }
    }
    this.#isConnecting = false;
  }

  /** Whether there ought to be a connection, and is none. */
  #isWanted(): boolean {
    return !this.over.aborted && !this.#connection && (this.#identity !== undefined || this.#waiting.size > 0);
  }

  async #attach(server: Server): Promise<void> {
    const connection: Connection = new Connection(
      {
        ...this.#settings,
        server,
        onWritten: (sent) => {
          this.#prove(sent);
        },
        onEnded: (why) => {
          this.#cut(connection, why);
        },
      },
      this.#identity,
    );
    this.#connecting = connection;
    const sent = performance.now();
    await connection.opened(this.#handshakeMs);
    if (!this.#identity) this.#begin(connection, sent);
    await this.#beatOn(connection);
    if (!connection.isOpen) return;
    this.#rotation.succeeded();
    this.#connecting = undefined;
    this.#connection = connection;
    this.#waiting.resolve(connection);
  }

  get #handshakeMs(): number {
    return Math.min(Math.max(this.#sessionMs / 10, HANDSHAKE_MS.shortest), HANDSHAKE_MS.longest);
  }

  /** A session is made by a write. */
  #begin(connection: Connection, sent: number): void {
    this.#identity = connection.identity;
    this.#sessionMs = connection.sessionMs;
    this.#prove(sent);
    if (this.#sessionMs !== this.#settings.sessionMs) {
      this.#settings.onWarning(
        `ZooKeeper gave a session of ${String(this.#sessionMs)} ms instead of ${String(this.#settings.sessionMs)} ms: ` +
          'its minSessionTimeout and maxSessionTimeout bound it.',
      );
    }
    this.#watchOver();
  }

  async #beatOn(connection: Connection): Promise<void> {
    await this.#heartbeat.send(connection, this.#sessionMs / 6);
    for (const tenant of [...this.tenants]) tenant.onBeat(connection);
  }

  /** A write that was sent then has been answered. */
  #prove(sent: number): void {
    this.deadline = Math.max(this.deadline, sent + this.lengthMs);
  }

  /** Beats, and looks whether it is over, six times within its time-out. */
  readonly #watchOver = (): void => {
    clearTimeout(this.#timer);
    if (this.over.aborted) return;
    const left = this.deadline - performance.now();
    if (left <= 0) {
      this.#end(ended(this.#trouble));
      return;
    }
    if (this.#connection) this.beat().catch(() => undefined);
    const inMs = Math.min(this.#sessionMs / 6, left);
    this.#timer = setTimeout(this.#watchOver, inMs).unref();
  };

  #cut(connection: Connection, why: Refusal): void {
    this.#trouble = why;
    if (this.over.aborted) return;
    if (why.code === CODES.sessionExpired) {
      this.#end(ended(why));
      return;
    }
    if (this.#connection !== connection) return;
    this.#connection = undefined;
    for (const tenant of [...this.tenants]) tenant.onCut(why);
    void this.#connect();
  }

  /** Whoever waits for a connection hears at once of what waiting does not mend. */
  #failed(error: unknown): void {
    this.#trouble = error;
    this.#connecting?.end(new Refusal(CODES.connectionLoss, 'The session could not be taken up on this connection.'));
    if (isCut(error)) return;
    this.#waiting.reject(zookeeperError(error));
  }

  #end(why: Error): void {
    if (this.over.aborted) return;
    clearTimeout(this.#timer);
    this.#over.abort(why);
    const gone = new Refusal(CODES.sessionExpired, 'The session has ended.', why);
    for (const connection of [this.#connection, this.#connecting]) connection?.end(gone);
    this.#connection = undefined;
    this.#waiting.reject(why);
    for (const tenant of [...this.tenants]) tenant.onOver();
    this.tenants.clear();
  }
}
