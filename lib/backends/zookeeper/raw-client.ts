import type { Socket } from 'node:net';
import zookeeper from 'node-zookeeper-client';

/** States of `connectionManager`, by the client's own numbers. */
export const CONNECTED = 2;
export const DISCONNECTED = 0;
export const EXPIRED = -3;
export const AUTH_FAILED = -4;

/** Codes of the server's answers that we act upon. */
export const CODES = {
  ok: 0,
  systemError: -1,
  connectionLoss: -4,
  unimplemented: -6,
  noNode: -101,
  noAuth: -102,
  nodeExists: -110,
  notEmpty: -111,
  sessionExpired: -112,
  invalidAcl: -114,
  authFailed: -115,
  sessionMoved: -118,
} as const;

export interface Server {
  readonly host: string;
  readonly port: number;
}

/** A session as the server knows it: whoever has both may go on with it, from another connection. */
export interface SessionIdentity {
  readonly id: Buffer;
  readonly password: Buffer;
}

export type Reply<T> = (error: { readonly code: number } | null | undefined, answer: T) => void;

interface Stat {
  readonly czxid: Buffer;
  readonly ephemeralOwner: Buffer;
}

export interface Acl {
  readonly permission: number;
  readonly id: { readonly scheme: string; readonly id: string };
}

export interface Request {
  readonly header: { type: number };
  toBuffer(): Buffer;
}

/** What the client keeps to itself and we need: the reason why its version is pinned. */
export interface ConnectionManager {
  servers: Server[];
  socket: Socket | undefined;
  state: number;
  xid: number;
  readonly zxid: Buffer;
  readonly sessionId: Buffer;
  readonly sessionPassword: Buffer;
  readonly sessionTimeout: number;
  connectTimeoutHandler: NodeJS.Timeout | undefined;
  connect(): void;
  queue(request: Request, callback?: (...answer: unknown[]) => void): void;
  onSocketData(data: Buffer): void;
  on(event: 'state', listener: (state: number) => void): void;
}

/** The part of node-zookeeper-client that is used here. */
export interface RawClient {
  readonly connectionManager: ConnectionManager;
  connect(): void;
  close(): void;
  addAuthInfo(scheme: string, auth: Buffer): void;
  create(path: string, data: Buffer, acl: readonly Acl[], mode: number, reply: Reply<string>): void;
  remove(path: string, version: number, reply: Reply<undefined>): void;
  setData(path: string, data: Buffer, version: number, reply: Reply<Stat>): void;
  getData(path: string, watcher: (event: { type: number }) => void, reply: Reply<Buffer>): void;
  exists(path: string, reply: Reply<Stat | null>): void;
  getChildren(path: string, reply: Reply<string[]>): void;
}

/** One that has not connected yet. Each talks to one server, once: what goes on after a cut is the session's business. */
export function rawClient(server: Server, sessionMs: number, identity: SessionIdentity | undefined): RawClient {
  const options = {
    sessionTimeout: sessionMs,
    retries: 0,
    sessionId: identity?.id,
    sessionPassword: identity?.password,
  };
  const client = zookeeper.createClient('localhost:2181', options) as unknown as RawClient;
  // Not through the connection string, which cannot carry an IPv6 address.
  client.connectionManager.servers = [server];
  return client;
}

export const { NODE_DELETED } = zookeeper.Event as unknown as { NODE_DELETED: number };
export const MODES = zookeeper.CreateMode as unknown as Readonly<
  Record<'PERSISTENT' | 'EPHEMERAL' | 'EPHEMERAL_SEQUENTIAL', number>
>;
export const ACLS = zookeeper.ACL as unknown as Readonly<Record<'OPEN_ACL_UNSAFE' | 'CREATOR_ALL_ACL', readonly Acl[]>>;
export const KNOWN_CODES: ReadonlySet<number> = new Set(
  Object.values(zookeeper.Exception as unknown as Record<string, unknown>).filter((code) => typeof code === 'number'),
);
