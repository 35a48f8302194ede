/*
 * The messages of ZooKeeper's protocol that locks need (src/zookeeper.jute of ZooKeeper 3.8): numbers in network order;
 * texts, bytes and lists have their length before them. The client has its own of them, which cost more than all the rest
 * of a lock, know no containers, and throw at errors that they do not know.
 */

export const OPCODES = {
  create: 1,
  remove: 2,
  exists: 3,
  getData: 4,
  setData: 5,
  getChildren: 12,
  createContainer: 19,
  closeSession: -11,
} as const;

/** Kinds of nodes. */
const MODES = { PERSISTENT: 0, EPHEMERAL: 1, EPHEMERAL_SEQUENTIAL: 3, CONTAINER: 4 } as const;
export type Mode = keyof typeof MODES;

/** What a server calls messages that answer no request: of a watch. */
export const NOTIFICATION = -1;
export const NODE_DELETED = 2;

const ID_AT = 4;
const OPCODE_AT = 8;
const REQUEST_HEAD = 12;
const ZXID_AT = 8;
const ERROR_AT = 16;
const ANSWER_HEAD = 20;

/** Of what is told about a node: two ids of transactions, two times, three versions, and the session that it goes with. */
const SESSION_AT = 44;
const SESSION_LENGTH = 8;

const NOTHING = Buffer.alloc(0);

export function int(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

export function flag(value: boolean): Buffer {
  return Buffer.of(value ? 1 : 0);
}

export function bytes(value: Buffer | string): Buffer {
  return Buffer.concat([int(Buffer.byteLength(value)), Buffer.from(value)]);
}

/** Who may do what with a node, of those whom a scheme identifies so. */
export interface Access {
  readonly rights: number;
  readonly scheme: string;
  readonly id: string;
}

const ALL_RIGHTS = 31;
export const ANYBODY: Access = { rights: ALL_RIGHTS, scheme: 'world', id: 'anyone' };
/** With whichever credentials of this connection. */
export const CREATOR: Access = { rights: ALL_RIGHTS, scheme: 'auth', id: '' };

/** What a request to make a node says after its path. */
export function node(data: Buffer, { rights, scheme, id }: Access, mode: Mode): Buffer {
  return Buffer.concat([bytes(data), int(1), int(rights), bytes(scheme), bytes(id), int(MODES[mode])]);
}

/** A request but for its number. Paths are of ASCII: whoever makes one has seen to that. */
export function request(operation: keyof typeof OPCODES, path?: string, rest: Buffer = NOTHING): Buffer {
  const body = path === undefined ? 0 : 4 + path.length;
  const message = Buffer.allocUnsafe(REQUEST_HEAD + body + rest.length);
  message.writeInt32BE(message.length - 4, 0);
  message.writeInt32BE(OPCODES[operation], OPCODE_AT);
  if (path !== undefined) {
    message.writeInt32BE(path.length, REQUEST_HEAD);
    message.write(path, REQUEST_HEAD + 4, 'latin1');
  }
  rest.copy(message, REQUEST_HEAD + body);
  return message;
}

export function numbered(message: Buffer, id: number): Buffer {
  message.writeInt32BE(id, ID_AT);
  return message;
}

/** A message of the server, whose body is read from its beginning to its end. */
export class Answer {
  #at = ANSWER_HEAD;

  constructor(private readonly message: Buffer) {}

  /** The number of the request. */
  get id(): number {
    return this.message.readInt32BE(ID_AT);
  }

  /** Id of the transaction that was the last when this was answered; the one that was asked for, if one was. */
  get zxid(): bigint {
    return this.message.readBigInt64BE(ZXID_AT);
  }

  /** Of the error; 0: none. */
  get code(): number {
    return this.message.readInt32BE(ERROR_AT);
  }

  int(): number {
    return this.message.readInt32BE(this.#skip(4));
  }

  text(): string {
    const length = this.int();
    const from = this.#skip(length);
    return this.message.toString('utf8', from, from + length);
  }

  texts(): string[] {
    return Array.from({ length: this.int() }, () => this.text());
  }

  /** What a notification tells. */
  event(): { readonly kind: number; readonly path: string } {
    const kind = this.int();
    // The state of the connection, which is known.
    this.int();
    return { kind, path: this.text() };
  }

  stat(): { readonly czxid: bigint; readonly session: Buffer } {
    const from = this.#skip(SESSION_AT + SESSION_LENGTH);
    const session = this.message.subarray(from + SESSION_AT, from + SESSION_AT + SESSION_LENGTH);
    return { czxid: this.message.readBigInt64BE(from), session };
  }

  /**
   * @returns where it was
   * @throws RangeError where so many bytes do not follow
   */
  #skip(length: number): number {
    const from = this.#at;
    if (length < 0 || from + length > this.message.length) throw new RangeError('The message ends too early.');
    this.#at += length;
    return from;
  }
}
