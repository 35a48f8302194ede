import { OPCODES as REQUESTS } from '../../lib/backends/zookeeper/wire.js';
import type { Direction } from './proxy-faults.js';
import type { TcpProxy } from './tcp-proxy.js';

const OPCODES = { ...REQUESTS, getACL: 6 } as const;

/** Of a client's first message, which begins with the version of the protocol, 0. */
const HANDSHAKE_LENGTH = 48;

/** Of a server's first message, which begins with the version, and tells what it has made of the session's time-out. */
const WELCOME_LENGTH = [40, 41];
const TIME_OUT_AT = 8;

const OPCODE_AT = 8;
const ZXID_AT = 8;
/** Of an answer: after its length, its id and that of the last transaction. */
const ERROR_AT = 16;

/** The messages of a chunk, lengths included: senders write them whole. */
export function messagesOf(chunk: Buffer): Buffer[] {
  const messages: Buffer[] = [];
  for (let at = 0; at + 4 <= chunk.length;) {
    const end = at + 4 + chunk.readInt32BE(at);
    messages.push(chunk.subarray(at, end));
    at = end;
  }
  return messages;
}

/** Whether a chunk asks for this, by a request that contains the text. */
export function asksFor(chunk: Buffer, operation: keyof typeof OPCODES, text = ''): boolean {
  return messagesOf(chunk).some((message) => isRequest(message, operation) && message.includes(text));
}

function isRequest(message: Buffer, operation: keyof typeof OPCODES): boolean {
  return !isHandshake(message) && message.length >= 12 && message.readInt32BE(OPCODE_AT) === OPCODES[operation];
}

function isHandshake(message: Buffer): boolean {
  return message.length === HANDSHAKE_LENGTH && message.readInt32BE(4) === 0;
}

/** Has the server give sessions another length than it does, in ms. */
export function welcomeWith(proxy: TcpProxy, sessionMs: number): void {
  proxy.filter((direction, chunk) => {
    const isWelcome = WELCOME_LENGTH.includes(chunk.length) && chunk.readInt32BE(4) === 0;
    if (direction === 'toClient' && isWelcome) chunk.writeInt32BE(sessionMs, TIME_OUT_AT);
    return chunk;
  });
}

/** @returns how often a client has asked for this since the call */
export function countOf(proxy: TcpProxy, operation: keyof typeof OPCODES): () => number {
  return counted(proxy, (message) => isRequest(message, operation));
}

/** @returns how often a client has begun to talk to a server since the call */
export function handshakesOf(proxy: TcpProxy): () => number {
  return counted(proxy, isHandshake);
}

function counted(proxy: TcpProxy, matches: (message: Buffer) => boolean): () => number {
  let count = 0;
  proxy.filter((direction, chunk) => {
    if (direction === 'toServer') count += messagesOf(chunk).filter(matches).length;
    return chunk;
  });
  return () => count;
}

interface Answered {
  /** Id of the last transaction. */
  readonly zxid?: bigint;
  readonly error?: number;
  readonly body?: Buffer;
}

const NOTHING = Buffer.alloc(0);

/** What a server answers to a request. */
export function answerTo(id: number, { zxid = 0n, error = 0, body = NOTHING }: Answered = {}): Buffer {
  const head = Buffer.alloc(ERROR_AT + 4);
  head.writeInt32BE(head.length - 4 + body.length, 0);
  head.writeInt32BE(id, 4);
  head.writeBigInt64BE(zxid, ZXID_AT);
  head.writeInt32BE(error, ERROR_AT);
  return Buffer.concat([head, body]);
}

interface Refused {
  /** How many of them; default all. */
  readonly times?: number;
  /** What is in them. */
  readonly about?: string;
  /** Whether what was asked for is done all the same; default yes. */
  readonly isDone?: boolean;
}

/**
 * Has a server answer one kind of request with an error of our choice.
 *
 * @returns how often that was asked for
 */
export function answerWith(
  proxy: TcpProxy,
  operation: keyof typeof OPCODES,
  error: number,
  how?: Refused,
): () => number {
  const { filter, count } = refusing(operation, error, how);
  proxy.filter(filter);
  return count;
}

/** The same, beside something else that is done to what passes. */
export function refusing(
  operation: keyof typeof OPCODES,
  error: number,
  { times = Infinity, about = '', isDone = true }: Refused = {},
): { readonly filter: (direction: Direction, chunk: Buffer) => Buffer; readonly count: () => number } {
  const ids = new Set<number>();
  let count = 0;
  const filter = (direction: Direction, chunk: Buffer): Buffer => {
    for (const message of messagesOf(chunk)) {
      if (direction === 'toServer' && count < times && isRequest(message, operation) && message.includes(about)) {
        ids.add(message.readInt32BE(4));
        count++;
        // A question about the same path, which changes nothing.
        if (!isDone) message.writeInt32BE(OPCODES.getACL, OPCODE_AT);
      }
      if (direction === 'toClient' && message.length > ERROR_AT && ids.delete(message.readInt32BE(4)))
        message.writeInt32BE(error, ERROR_AT);
    }
    return chunk;
  };
  return { filter, count: () => count };
}
