import { acquireFor, contestantModule, type ContestantSettings } from '../support/contestant.js';
import { type Crowd, type CrowdLog, runCrowd } from '../support/crowd.js';
import type { Entrant } from '../support/entrant.js';

export interface ZookeeperCrowd extends Crowd, ContestantSettings {
  readonly ownKeys: boolean;
  /** How long each process does the same on keys of its own before it counts: some are compiled while they run. */
  readonly warmUpMs: number;
}

export async function crowd(input: Entrant & ZookeeperCrowd): Promise<CrowdLog> {
  const contestant = await (await contestantModule(input.module)).open(input);
  const until = performance.now() + input.warmUpMs;
  const warmUp = async (_: unknown, worker: number): Promise<void> => {
    const key = `warm-up-${String(process.pid)}-${String(worker)}`;
    while (performance.now() < until) await (await acquireFor(contestant, key))();
  };
  await Promise.all(Array.from({ length: input.workers }, warmUp));
  const log = await runCrowd(contestant, input);
  await contestant.close();
  return log;
}
