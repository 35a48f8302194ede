import type { Redis } from 'ioredis';
import { inChild } from '../support/child.js';
import { onlyInScripts } from './commands.work.js';

/**
 * Commands that the server must not count for a contestant: its statistics count what scripts call along with what
 * clients send.
 */
export function scriptCommandsOf(module: string, url: string): Promise<string[]> {
  return inChild('redis/commands.work', onlyInScripts, { module, url });
}

/** How many commands clients have sent to the server, but for our own asking. */
export async function commandsSent(client: Redis, inScripts: readonly string[]): Promise<number> {
  const statistics = (await client.info('commandstats')).matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm);
  let sent = 0;
  for (const [, name = '', calls] of statistics) {
    if (name !== 'info' && !inScripts.includes(name)) sent += Number(calls);
  }
  return sent;
}
