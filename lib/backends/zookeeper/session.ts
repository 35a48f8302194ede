import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection, type ConnectionSettings, type Found } from './connection.js';
import { Heartbeat } from './heartbeat.js';
import { LeftNodes } from './left-nodes.js';
import { NextRun } from './next-run.js';
import { ProofOfLife } from './proof-of-life.js';
import { CODES, type Server, type SessionIdentity } from './raw-client.js';
import { isCut, Refusal } from './refusal.js';
import { Rotation } from './rotation.js';
import { Tenants } from './tenants.js';
import { WaitingRoom } from './waiting-room.js';
import { closed, ended, unreachable, zookeeperError } from './zookeeper.errors.js';

export interface SessionSettings extends Omit<ConnectionSettings, 'server' | 'onWritten' | 'onEnded'> {
  readonly servers: readonly Server[];
  /** Path of the node below which everything of ours stands. */
  readonly root: string;
  readonly onWarning: (message: string) => void;
}

/** Runs work in the async context of whoever opened the store. */
export type Outside = <T>(work: () => T) => T;

/** How long to wait for a connection before saying that there is none. */
const CONNECT_MS = 1_000;
/** Who has a session has no time to lose with a server that does not answer. */
const HANDSHAKE_MS = { first: 500, shortest: 100, longest: 1_000 };
/** Within its time-out. Every other one is a quarter of it after, and not a moment less: see ProofOfLife. */
const BEATS = 8;
const TIMERS_TOO_EARLY_MS = 1;

/**
 * One session with the ensemble, over as many connections as it takes. What proves that it lives is an answered *write*:
 * a server that was cut off from its leader answers reads and pings, while the leader lets the session expire. Two thirds
 * of the session's time-out after the last one was sent, the session is given up: before the leader can.
 */
export class Session {
  readonly tenants = new Tenants();
  readonly left = new LeftNodes();
  readonly #settings: SessionSettings;
  readonly #over = new AbortController();
  readonly #rotation: Rotation;
  readonly #heartbeat: Heartbeat;
  readonly #proof: ProofOfLife;
  readonly #beats = new NextRun(async () => {
    await this.#beatOn(await this.live());
  });
  readonly #waiting = new WaitingRoom<Connection>();
  #identity: SessionIdentity | undefined;
  /** Open, and proven by a write. */
  #connection: Connection | undefined;
  #connecting: Connection | undefined;
  #isConnecting = false;
  #isClosed = false;
  #timer: NodeJS.Timeout | undefined;
  #trouble: unknown;

  /** @param outside runs what is done for all in nobody's async context */
  constructor(
    settings: SessionSettings,
    private readonly outside: Outside,
  ) {
    this.#settings = settings;
    this.#proof = new ProofOfLife(settings.sessionMs);
    this.#rotation = new Rotation(settings.servers);
    this.#heartbeat = new Heartbeat(settings.root);
    // One for every place that is kept.
    setMaxListeners(0, this.over);
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

  /** Whether a node goes with it. */
  has(node: Found): boolean {
    return this.#identity?.id.equals(node.session) ?? false;
  }

  /** Whether it has not ended by itself. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** When it is given up unless it is proven before, in monotonic ms. */
  get deadline(): number {
    return this.#proof.deadline;
  }

  /** What was agreed with the server, in ms. */
  get sessionMs(): number {
    return this.#proof.sessionMs;
  }

  /** How long it is relied on after a proof of life, in ms. */
  get lengthMs(): number {
    return this.#proof.lengthMs;
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
    void this.outside(() => this.#connect());
    return waiting;
  }

  /** Proves that the session lives, by a write that is sent after the call. */
  async beat(): Promise<void> {
    try {
      await this.#beats.start();
    } catch (error) {
      throw this.over.aborted ? this.over.reason : zookeeperError(error);
    }
  }

  /** Ends it at the server too, if that one can be told at once. @returns whether it was told */
  async close(withinMs: number): Promise<boolean> {
    this.#isClosed = true;
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
    this.#isClosed = true;
    this.#end(closed());
  }

  async #connect(): Promise<void> {
    if (this.#isConnecting) return;
    this.#isConnecting = true;
    while (this.#isWanted()) {
      await sleep(this.#rotation.pauseMs, undefined, { signal: this.over }).catch(() => undefined);
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
          this.#proof.written(sent);
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
    this.#agree(connection, sent);
    await this.#beatOn(connection);
    if (!connection.isOpen) return;
    this.#rotation.succeeded();
    this.#connecting = undefined;
    this.#connection = connection;
    this.#waiting.resolve(connection);
  }

  get #handshakeMs(): number {
    const shortest = this.#identity ? HANDSHAKE_MS.shortest : HANDSHAKE_MS.first;
    return Math.min(Math.max(this.sessionMs / 10, shortest), HANDSHAKE_MS.longest);
  }

  /** On how long the session is. Each server has bounds of its own. */
  #agree(connection: Connection, sent: number): void {
    const before = this.sessionMs;
    this.#identity ??= connection.identity;
    this.#proof.opened(sent, connection.sessionMs);
    this.#watchOver();
    if (this.sessionMs === before) return;
    const given = `${String(this.sessionMs)} ms instead of ${String(before)} ms`;
    this.#settings.onWarning(
      `ZooKeeper gave a session of ${given}: its minSessionTimeout and maxSessionTimeout bound it.`,
    );
  }

  async #beatOn(connection: Connection): Promise<void> {
    await this.#heartbeat.send(connection, this.sessionMs / 6);
    this.tenants.beat(connection);
  }

  /** Beats, and looks whether it is over. */
  readonly #watchOver = (): void => {
    clearTimeout(this.#timer);
    if (this.over.aborted) return;
    const left = this.deadline - performance.now();
    if (left <= 0) {
      this.#end(ended(this.#trouble));
      return;
    }
    if (this.#connection) this.beat().catch(() => undefined);
    const inMs = Math.min(this.sessionMs / BEATS + TIMERS_TOO_EARLY_MS, left);
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
    this.tenants.cut(why);
    void this.#connect();
  }

  /** Whoever waits for a connection, and not as long as it takes, hears at once of what waiting does not mend. */
  #failed(error: unknown): void {
    this.#connecting?.end(new Refusal(CODES.connectionLoss, 'The session could not be taken up on this connection.'));
    this.#trouble = error;
    if (isCut(error)) return;
    this.#waiting.rejectImpatient(zookeeperError(error));
  }

  #end(why: Error): void {
    if (this.over.aborted) return;
    clearTimeout(this.#timer);
    this.outside(() => {
      this.#over.abort(why);
      const gone = new Refusal(CODES.sessionExpired, 'The session has ended.', why);
      for (const connection of [this.#connection, this.#connecting]) connection?.end(gone);
      this.#connection = undefined;
      this.#waiting.reject(why);
      this.tenants.over();
    });
  }
}
