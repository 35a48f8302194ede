import { acquireFor, contestantModule, type ContestantSettings } from '../support/contestant.js';
import { type Crowd, type CrowdLog, runCrowd } from '../support/crowd.js';
import type { Entrant } from '../support/entrant.js';

export type RedisCrowd = Entrant & ContestantSettings & Crowd;

export async function crowd(input: RedisCrowd): Promise<CrowdLog> {
  const contestant = await (await contestantModule(input.module)).open(input);
  const release = await acquireFor(contestant, `warm-up ${String(process.pid)}`);
  await release();
  const log = await runCrowd(contestant, input);
  await contestant.close();
  return log;
}
