import type { Bench, Figures } from '../support/bench.js';
import { crowdFigures, grantsOf } from '../support/crowd.figures.js';
import { weMustNot } from '../support/entrant.js';
import { crowds, WAIT_MS } from './crowds.js';
import { contendedField, PEER_SETTINGS, type Run } from './field.js';

const SETTINGS =
  `empty section; wait ${String(WAIT_MS / 1000)} s; pollers at the best of 1, 10 and 50 ms; ours: 64 turns, 25 ms; ` +
  `no two may be inside; ${PEER_SETTINGS}`;

const equal =
  (processes: number, workers: number): Run =>
  async (entrant, { ms }): Promise<Figures> => {
    const each = Array.from({ length: processes }, () => workers);
    const { logs, commandsPerGrant, timedOut, expired } = await crowds(entrant, { processes: each, ms });
    const starved = grantsOf(logs, workers).filter((grants) => grants === 0).length;
    weMustNot('a worker was starved', starved, entrant);
    const figures = crowdFigures(logs, { workers, ms });
    return { ...figures, 'commands/grant': commandsPerGrant, starved, 'timed out': timedOut, expired };
  };

export const redisOneProcess: Bench = {
  name: 'Redis, one key, 1 process × 100 workers',
  settings: SETTINGS,
  better: 'more',
  contestants: contendedField(equal(1, 100)),
};

export const redisContended: Bench = {
  name: 'Redis, one key, 4 processes × 25 workers',
  settings: SETTINGS,
  better: 'more',
  contestants: contendedField(equal(4, 25)),
};
