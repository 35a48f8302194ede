import { acquireFor, contestantModule, type ContestantSettings } from '../support/contestant.js';
import { type Crowd, type CrowdLog, runCrowd } from '../support/crowd.js';
import type { Entrant } from '../support/entrant.js';
import { countStatements } from './statements.js';

export type SqlCrowd = Entrant & ContestantSettings & Crowd;

export interface SqlCrowdResult {
  readonly log: CrowdLog;
  readonly statements: number;
}

export async function crowd(input: SqlCrowd): Promise<SqlCrowdResult> {
  const statements = countStatements();
  const contestant = await (await contestantModule(input.module)).open(input);
  // All at once, so that whoever needs a connection each has them before the start.
  const warmUp = async (_: unknown, worker: number): Promise<void> => {
    const release = await acquireFor(contestant, `warm-up ${String(process.pid)} ${String(worker)}`);
    await release();
  };
  await Promise.all(Array.from({ length: input.workers }, warmUp));
  const before = statements();
  const log = await runCrowd(contestant, input);
  const sent = statements() - before;
  await contestant.close();
  return { log, statements: sent };
}
