import type { Figures } from '../support/bench.js';
import { acquireFor, contestantModule, type ContestantSettings } from '../support/contestant.js';
import type { Entrant } from '../support/entrant.js';
import { countPairs, nameOf, type Pair, timePairs } from '../support/pairs.js';
import { countStatements } from './statements.js';

export interface Pairs extends Entrant, ContestantSettings {
  readonly ms: number;
}

/** One worker on one key that nobody else wants. */
export async function onePair({ ms, ...settings }: Pairs): Promise<Figures> {
  return await countingStatements(settings, 1, (pair) => timePairs(ms, () => pair(nameOf(0))));
}

/** As many workers as keys, each on its own. */
export async function manyPairs({ ms, keys, ...settings }: Pairs & { keys: number }): Promise<Figures> {
  return await countingStatements(settings, keys, (pair) => countPairs(ms, keys, pair));
}

async function countingStatements(
  { module, ...settings }: Omit<Pairs, 'ms'>,
  keys: number,
  measure: (pair: Pair) => Promise<Figures>,
): Promise<Figures> {
  const statements = countStatements();
  const contestant = await (await contestantModule(module)).open(settings);
  let pairs = 0;
  const pair: Pair = async (key) => {
    const release = await acquireFor(contestant, key);
    await release();
    pairs++;
  };
  // Connects, and prepares; no key is new while it is measured.
  await Promise.all(Array.from({ length: keys }, (_, i) => pair(nameOf(i))));
  pairs = 0;
  const before = statements();
  const figures = await measure(pair);
  const sent = statements() - before;
  await contestant.close();
  return { ...figures, 'statements/pair': sent / pairs };
}
