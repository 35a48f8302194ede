import { createHash } from 'node:crypto';
import { SOURCE } from './lock.script.js';

/** Of one operation: `1` done, `0` not, `-` the server refused a command; then a space and what there is to say. */
export type Reply = string;

/** What the script needs of a client: the same of a single server and of a cluster. */
export interface ScriptClient {
  evalsha(sha: string, keyCount: number, ...rest: (string | number)[]): Promise<unknown>;
  eval(source: string, keyCount: number, ...rest: (string | number)[]): Promise<unknown>;
}

const SHA = createHash('sha1').update(SOURCE).digest('hex');

/**
 * Runs a batch; the server may have forgotten the script: after a restart, a failover, SCRIPT FLUSH.
 *
 * @param lines channel, gap, and for each operation its name and four arguments, none of which has a line break: one
 *   argument, because a driver spends more on many small ones than the server does on reading lines
 */
export async function runScript(
  client: ScriptClient,
  keys: readonly string[],
  lines: readonly (string | number)[],
): Promise<Reply[]> {
  const text = `${lines.join('\n')}\n`;
  try {
    return checked(await client.evalsha(SHA, keys.length, ...keys, text));
  } catch (error) {
    if (!String(error).includes('NOSCRIPT')) throw error;
    return checked(await client.eval(SOURCE, keys.length, ...keys, text));
  }
}

/** A client in the middle of a transaction answers that the script is queued. */
function checked(replies: unknown): Reply[] {
  if (Array.isArray(replies)) return replies as Reply[];
  throw new Error(`not the server's answer to a script: ${String(replies)}`);
}
