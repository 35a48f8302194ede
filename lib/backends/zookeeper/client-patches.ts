import { Frames } from './frames.js';
import {
  type Acl,
  CODES,
  type ConnectionManager,
  KNOWN_CODES,
  MODES,
  type RawClient,
  type Reply,
  type Request,
} from './raw-client.js';

/* What the client lacks, put in between its parts: the reason why its version is pinned. */

/** Of a request: after its length and its id. */
const OPCODE_AT = 8;
const CREATE_CONTAINER = { opcode: 19, mode: 4 };

/** Of an answer: after its length, its id and that of the last transaction. */
const ERROR_AT = 16;
const ANSWER_HEAD = 20;

type Queue = ConnectionManager['queue'];

/** Lets what `act` asks for pass through other hands on its way to the client's queue. */
function withQueue(
  manager: ConnectionManager,
  pass: (queue: Queue, ...asked: Parameters<Queue>) => void,
  act: () => void,
): void {
  const queue = manager.queue.bind(manager);
  manager.queue = (...asked) => {
    pass(queue, ...asked);
  };
  try {
    act();
  } finally {
    // The client's own one, of its prototype.
    delete (manager as Partial<ConnectionManager>).queue;
  }
}

/** The client cannot make containers: a request for a persistent node is turned into one where it is written. */
function asContainer(request: Request): Request {
  const toBuffer = request.toBuffer.bind(request);
  request.toBuffer = () => {
    const bytes = toBuffer();
    bytes.writeInt32BE(CREATE_CONTAINER.opcode, OPCODE_AT);
    bytes.writeInt32BE(CREATE_CONTAINER.mode, bytes.length - 4);
    return bytes;
  };
  return request;
}

/** Makes a node that the server removes some time after its last child has gone. */
export function createContainer(client: RawClient, path: string, acl: readonly Acl[], reply: Reply<undefined>): void {
  const create = (): void => {
    client.create(path, Buffer.alloc(0), acl, MODES.PERSISTENT, (error) => {
      reply(error, undefined);
    });
  };
  withQueue(
    client.connectionManager,
    (queue, request, callback) => {
      queue(asContainer(request), callback);
    },
    create,
  );
}

/** The client closes a session without telling when it has. */
export function closeSession(client: RawClient, reply: Reply<undefined>): void {
  const answered = (error: unknown): void => {
    reply(error as { code: number } | null, undefined);
  };
  withQueue(
    client.connectionManager,
    (queue, request) => {
      queue(request, answered);
    },
    () => {
      client.close();
    },
  );
}

/**
 * The client throws at an error's code that it does not know: one that it knows takes its place in the answer.
 *
 * @returns the code that stood there; `undefined`: the client knows it
 */
export function hideForeignCode(answer: Buffer): number | undefined {
  if (answer.length < ANSWER_HEAD) return undefined;
  const code = answer.readInt32BE(ERROR_AT);
  if (KNOWN_CODES.has(code)) return undefined;
  answer.writeInt32BE(CODES.systemError, ERROR_AT);
  return code;
}

/** Lets the client have one whole message at a time: it takes them by recursion, and throws where it cannot read one. */
export function withFrames(
  manager: ConnectionManager,
  pass: (frame: Buffer, handle: (frame: Buffer) => void) => void,
  onUnreadable: (cause: unknown) => void,
): void {
  const frames = new Frames();
  const handle = manager.onSocketData.bind(manager);
  manager.onSocketData = (data) => {
    try {
      for (const frame of frames.add(data)) pass(frame, handle);
    } catch (cause) {
      onUnreadable(cause);
    }
  };
}
