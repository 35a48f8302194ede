import type { TcpProxy } from './tcp-proxy.js';

/** Of a request. */
export const OPCODES = {
  create: 1,
  remove: 2,
  exists: 3,
  getData: 4,
  setData: 5,
  getChildren: 8,
  createContainer: 19,
} as const;

/** Of a client's first message, which begins with the version of the protocol, 0. */
const HANDSHAKE_LENGTH = 48;

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
  const isHandshake = message.length === HANDSHAKE_LENGTH && message.readInt32BE(4) === 0;
  return !isHandshake && message.length >= 12 && message.readInt32BE(8) === OPCODES[operation];
}

/** What a client has numbered its requests with, in order. */
export function idsOf(proxy: TcpProxy): readonly number[] {
  const ids: number[] = [];
  proxy.filter((direction, chunk) => {
    if (direction === 'toServer') ids.push(...messagesOf(chunk).map((message) => message.readInt32BE(4)));
    return chunk;
  });
  return ids;
}

/**
 * Has a server answer one kind of request with an error of our choice; what was asked for is done all the same.
 *
 * @returns how often that was asked for
 */
export function answerWith(
  proxy: TcpProxy,
  operation: keyof typeof OPCODES,
  error: number,
  times = Infinity,
): () => number {
  const ids = new Set<number>();
  let count = 0;
  proxy.filter((direction, chunk) => {
    for (const message of messagesOf(chunk)) {
      if (direction === 'toServer' && count < times && isRequest(message, operation)) {
        ids.add(message.readInt32BE(4));
        count++;
      }
      if (direction === 'toClient' && message.length > ERROR_AT && ids.delete(message.readInt32BE(4)))
        message.writeInt32BE(error, ERROR_AT);
    }
    return chunk;
  });
  return () => count;
}
