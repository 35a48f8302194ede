import { hostname } from 'node:os';
import { Exchange, type ExchangeSettings } from './exchange.js';
import { CODES, type SessionIdentity } from './raw-client.js';
import { isRefusal, Refusal } from './refusal.js';
import { type OnGone, Watches } from './watches.js';
import { type Access, type Answer, bytes, flag, int, type Mode, node, NODE_DELETED, request } from './wire.js';

export interface ConnectionSettings extends ExchangeSettings {
  /** Who may touch the nodes that are made here. */
  readonly access: Access;
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
/** Who made a node, for whoever looks at it. Curator's own holders leave their address there. */
const ORIGIN = Buffer.from(`${hostname()} ${String(process.pid)}`);
const ANY_VERSION = int(-1);
const WATCHED = flag(true);
const UNWATCHED = flag(false);
const EMPTIED = Buffer.concat([bytes(NOTHING), ANY_VERSION]);

const nothing = (): void => undefined;

/** What can be asked for over one connection to one server. All of it rejects with a {@link Refusal}. */
export class Connection {
  readonly #exchange: Exchange;
  readonly #nodes: Readonly<Record<Mode, Buffer>>;
  readonly #watches = new Watches((path) => this.#watch(path));

  constructor({ access, onEnded, ...settings }: ConnectionSettings, identity?: SessionIdentity) {
    this.#nodes = {
      PERSISTENT: node(NOTHING, access, 'PERSISTENT'),
      CONTAINER: node(NOTHING, access, 'CONTAINER'),
      EPHEMERAL: node(ORIGIN, access, 'EPHEMERAL'),
      EPHEMERAL_SEQUENTIAL: node(ORIGIN, access, 'EPHEMERAL_SEQUENTIAL'),
    };
    const ended = (why: Refusal): void => {
      this.#watches.end(why);
      onEnded?.(why);
    };
    this.#exchange = new Exchange({ ...settings, onEnded: ended }, identity, (notification) => {
      const { kind, path } = notification.event();
      this.#watches.fired(path, kind === NODE_DELETED);
    });
  }

  get identity(): SessionIdentity {
    return this.#exchange.identity;
  }

  /** What the server has made of the time-out that was asked for, in ms. */
  get sessionMs(): number {
    return this.#exchange.sessionMs;
  }

  get isOpen(): boolean {
    return this.#exchange.ended === undefined;
  }

  /** Settles when the session is there. Who asks for anything before that may find it done under another identity. */
  opened(withinMs: number): Promise<void> {
    return this.#exchange.opened(withinMs);
  }

  /** Ends the connection when some of its work takes longer than that. */
  within<T>(ms: number, work: Promise<T>, silence: string): Promise<T> {
    return this.#exchange.within(ms, work, silence);
  }

  create(path: string, mode: Mode): Promise<Created> {
    const operation = mode === 'CONTAINER' ? 'createContainer' : 'create';
    return this.#exchange.write(request(operation, path, this.#nodes[mode]), createdOf);
  }

  remove(path: string): Promise<void> {
    return this.#exchange.write(request('remove', path, ANY_VERSION), nothing);
  }

  /** Empties it: a write. */
  touch(path: string): Promise<void> {
    return this.#exchange.write(request('setData', path, EMPTIED), nothing);
  }

  children(path: string): Promise<string[]> {
    return this.#exchange.read(request('getChildren', path, UNWATCHED), (answer) => answer.texts());
  }

  find(path: string): Promise<Found | undefined> {
    const found = (answer: Answer): Found => ({ path, ...answer.stat() });
    return unlessMissing(this.#exchange.read(request('exists', path, UNWATCHED), found));
  }

  /** @returns ends the wait */
  onGone(path: string, onGone: OnGone): () => void {
    const { ended } = this.#exchange;
    if (!ended) return this.#watches.add(path, onGone);
    onGone(ended);
    return nothing;
  }

  /** Ends the session, with all that it has made, if the server hears of it in time. */
  async closeSession(withinMs: number): Promise<void> {
    const told = this.#exchange.write(request('closeSession'), nothing);
    try {
      await this.within(withinMs, told, 'The server did not confirm the end of the session.');
    } finally {
      this.end(new Refusal(CODES.connectionLoss, 'The session was closed.'));
    }
  }

  end(why: Refusal): void {
    this.#exchange.end(why);
  }

  /** On its data: a watch on the existence of a node that is gone already would stay for ever. */
  async #watch(path: string): Promise<boolean> {
    const isThere = await unlessMissing(this.#exchange.read(request('getData', path, WATCHED), () => true));
    return isThere ?? false;
  }
}

/** Nothing where there is no such node. */
async function unlessMissing<T>(asking: Promise<T>): Promise<T | undefined> {
  try {
    return await asking;
  } catch (error) {
    if (isRefusal(error, 'noNode')) return undefined;
    throw error;
  }
}

function createdOf(answer: Answer): Created {
  return { path: answer.text(), czxid: answer.zxid };
}
