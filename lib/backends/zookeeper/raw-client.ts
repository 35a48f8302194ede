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

/** What the client keeps to itself and we need: the reason why its version is pinned. */
interface ConnectionManager {
  servers: Server[];
  readonly socket: Socket | undefined;
  readonly state: number;
  readonly sessionId: Buffer;
  readonly sessionPassword: Buffer;
  readonly sessionTimeout: number;
  readonly connectTimeoutHandler: NodeJS.Timeout | undefined;
  connect(): void;
  onSocketData(data: Buffer): void;
  onSocketError(error: Error): void;
  on(event: 'state', listener: (state: number) => void): void;
}

/** The part of node-zookeeper-client that is used here: it opens a connection, shakes hands, and pings. */
export interface RawClient {
  readonly connectionManager: ConnectionManager;
  connect(): void;
  addAuthInfo(scheme: string, auth: Buffer): void;
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
