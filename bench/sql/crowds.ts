import type { SqlEngine } from '../../test/support/sql-engines.js';
import { inChild } from '../support/child.js';
import type { CrowdLog } from '../support/crowd.js';
import { backwardTokens, twoInside } from '../support/crowd.figures.js';
import { type Entrant, mustNotHappen, weMustNot } from '../support/entrant.js';
import { StartingLine } from '../support/starting-line.js';
import { crowd } from './crowd.work.js';
import { deadlocksOn } from './deadlocks.js';
import { onSql } from './on-sql.js';

export const WAIT_MS = 15_000;

export interface Crowds {
  readonly processes: number;
  /** In each process. */
  readonly workers: number;
  readonly ms: number;
  readonly holdMs?: number;
}

export interface CrowdsResult {
  readonly logs: readonly CrowdLog[];
  readonly statementsPerGrant: number;
  readonly timedOut: number;
  readonly expired: number;
  readonly deadlocks: number;
}

/** Processes full of workers that all want one key, on a server of their own. Any error of any of them is thrown. */
export async function crowds(engine: SqlEngine, entrant: Entrant, size: Crowds): Promise<CrowdsResult> {
  const { processes, ...rest } = size;
  return await onSql(engine, async (url) => {
    const line = new StartingLine(processes);
    const input = { ...entrant, ...rest, url, key: 'key', leaseMs: 10_000, waitMs: WAIT_MS };
    const results = await Promise.all(
      Array.from({ length: processes }, () => inChild('sql/crowd.work', crowd, input, line)),
    );
    const logs = results.map(({ log }) => log);
    const grants = logs.reduce((sum, { granted }) => sum + granted.length, 0);
    const statements = results.reduce((sum, result) => sum + result.statements, 0);
    const timedOut = logs.reduce((sum, log) => sum + log.timedOut, 0);
    const expired = logs.reduce((sum, log) => sum + log.expired, 0);
    const deadlocks = await deadlocksOn(url);
    mustNotHappen('two were inside at once', twoInside(logs), entrant);
    weMustNot('a token was not larger than the one before', backwardTokens(logs), entrant);
    weMustNot('a worker was not served in time', timedOut, entrant);
    weMustNot('a lease ended before it was given back', expired, entrant);
    weMustNot('a deadlock', deadlocks, entrant);
    return { logs, statementsPerGrant: statements / grants, timedOut, expired, deadlocks };
  });
}
