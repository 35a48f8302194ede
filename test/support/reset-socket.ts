import type { Socket } from 'node:net';

/** The other side sees "connection reset by peer". */
export function reset(socket: Socket): void {
  if (socket.destroyed) return;
  // One that is ending refuses to be reset, and would stay open for ever.
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
