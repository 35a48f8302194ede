import type { Bench, Figures } from '../support/bench.js';
import { crowdFigures, grantsOf, holdsOf } from '../support/crowd.figures.js';
import type { CrowdLog } from '../support/crowd.js';
import { weMustNot } from '../support/entrant.js';
import { percentile } from '../support/statistics.js';
import { crowds } from './crowds.js';
import { contendedField, SETTINGS, uncontendedField, type ZookeeperRun } from './field.js';

const KEYS = 64;
const HOLD_MS = 2;

/** From one question of a worker to its next: it has waited for all between. */
function cyclesOf(logs: readonly CrowdLog[], workers: number): number[] {
  return logs.flatMap(({ worker, asked }) => {
    const byWorker = Array.from({ length: workers }, () => [] as number[]);
    worker.forEach((one, i) => byWorker[one]?.push(asked[i] ?? NaN));
    return byWorker.flatMap((times) => times.slice(1).map((at, i) => (at - (times[i] ?? NaN)) * 1000));
  });
}

const cycles =
  (workers: number): ZookeeperRun =>
  async (entrant, { ms }) => {
    const logs = await crowds(entrant, { processes: 1, workers, ms, ownKeys: true });
    const micros = cyclesOf(logs, workers);
    const figures = { 'p50 µs': percentile(micros, 50), 'p99 µs': percentile(micros, 99) };
    const rate = { 'pairs/s': micros.length / (ms / 1000) };
    return workers === 1 ? { ...figures, ...rate } : { ...rate, ...figures };
  };

const contended =
  (processes: number, workers: number): ZookeeperRun =>
  async (entrant, { ms }) => {
    const logs = await crowds(entrant, { processes, workers, ms });
    const starved = grantsOf(logs, workers).filter((grants) => grants === 0).length;
    weMustNot('a worker was starved', starved, entrant);
    return { ...crowdFigures(logs, { workers, ms }), ...handOffFigures(logs), starved };
  };

function handOffFigures(logs: readonly CrowdLog[]): Figures {
  const micros = holdsOf(logs).flatMap(({ process, worker, granted }, i, holds) => {
    const last = holds[i - 1];
    const isHandedOn = last && (last.process !== process || last.worker !== worker);
    return isHandedOn ? [(granted - last.released) * 1000] : [];
  });
  return { 'hand-off p50 µs': percentile(micros, 50) };
}

const handOff: ZookeeperRun = async (entrant, { ms }) => {
  const logs = await crowds(entrant, { processes: 2, workers: 1, ms, holdMs: HOLD_MS });
  return handOffFigures(logs);
};

export const zookeeperBenches: Readonly<Record<string, Bench>> = {
  'zookeeper-uncontended': {
    name: 'ZooKeeper, one process, one key, nobody else wants it',
    settings: SETTINGS,
    better: 'less',
    contestants: uncontendedField(cycles(1)),
  },
  'zookeeper-distinct': {
    name: `ZooKeeper, one process, ${String(KEYS)} keys, a worker on each`,
    settings: SETTINGS,
    better: 'more',
    contestants: uncontendedField(cycles(KEYS)),
  },
  'zookeeper-one-process': {
    name: 'ZooKeeper, one key, 1 process × 100 workers',
    settings: `empty section; ${SETTINGS}; no two may be inside, tokens grow`,
    better: 'more',
    contestants: contendedField(contended(1, 100)),
  },
  'zookeeper-contended': {
    name: 'ZooKeeper, one key, 4 processes × 25 workers',
    settings: `empty section; ${SETTINGS}; no two may be inside, tokens grow`,
    better: 'more',
    contestants: contendedField(contended(4, 25)),
  },
  'zookeeper-hand-off': {
    name: 'ZooKeeper, one key handed from process to process, 2 × 1 worker',
    settings: `held ${String(HOLD_MS)} ms; from just before the release to the grant in the other process; ${SETTINGS}`,
    better: 'less',
    contestants: uncontendedField(handOff),
  },
};
