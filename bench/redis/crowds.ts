import { inChild } from '../support/child.js';
import type { CrowdLog } from '../support/crowd.js';
import { twoInside } from '../support/crowd.figures.js';
import { type Entrant, mustNotHappen, weMustNot } from '../support/entrant.js';
import { StartingLine } from '../support/starting-line.js';
import { crowd } from './crowd.work.js';
import { commandsSent, scriptCommandsOf } from './commands.js';
import { onRedis } from './on-redis.js';

export const WAIT_MS = 15_000;

export interface Crowds {
  /** How many workers each process has. */
  readonly processes: readonly number[];
  readonly ms: number;
  readonly holdMs?: number;
}

export interface CrowdsResult {
  readonly logs: readonly CrowdLog[];
  /** What all have sent to the server, per grant. */
  readonly commandsPerGrant: number;
  readonly timedOut: number;
  readonly expired: number;
}

/** Processes full of workers that all want one key, on a Redis of their own. */
export async function crowds(entrant: Entrant, { processes, ...rest }: Crowds): Promise<CrowdsResult> {
  return await onRedis(async ({ url, client }) => {
    const inScripts = await scriptCommandsOf(entrant.module, url);
    const line = new StartingLine(processes.length);
    const input = { ...entrant, ...rest, url, key: 'key', leaseMs: 10_000, waitMs: WAIT_MS };
    const [before, logs] = await Promise.all([
      line.startAt.then(() => commandsSent(client, inScripts)),
      Promise.all(processes.map((workers) => inChild('redis/crowd.work', crowd, { ...input, workers }, line))),
    ]);
    const sent = (await commandsSent(client, inScripts)) - before;
    const grants = logs.reduce((sum, { granted }) => sum + granted.length, 0);
    const timedOut = logs.reduce((sum, log) => sum + log.timedOut, 0);
    const expired = logs.reduce((sum, log) => sum + log.expired, 0);
    mustNotHappen('two were inside at once', twoInside(logs), entrant);
    weMustNot('a worker was not served in time', timedOut, entrant);
    weMustNot('a lease ended before it was given back', expired, entrant);
    return { logs, commandsPerGrant: sent / grants, timedOut, expired };
  });
}
