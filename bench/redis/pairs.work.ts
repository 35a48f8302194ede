import { Redis } from 'ioredis';
import type { Figures } from '../support/bench.js';
import { acquireFor, contestantModule, type ContestantSettings } from '../support/contestant.js';
import { countPairs, type Pair, timePairs } from '../support/pairs.js';
import type { Entrant } from '../support/entrant.js';
import { commandsSent } from './commands.js';

export interface Pairs extends Entrant, ContestantSettings {
  readonly ms: number;
  /** Commands that are not to be counted. */
  readonly inScripts: readonly string[];
}

/** One worker on one key that nobody else wants. */
export async function onePair({ ms, ...settings }: Pairs): Promise<Figures> {
  return await countingCommands(settings, (pair) => timePairs(ms, () => pair('key')));
}

/** As many workers as keys, each on its own. */
export async function manyPairs({ ms, keys, ...settings }: Pairs & { keys: number }): Promise<Figures> {
  return await countingCommands(settings, (pair) => countPairs(ms, keys, pair));
}

async function countingCommands(
  { module, inScripts, ...settings }: Omit<Pairs, 'ms'>,
  measure: (pair: Pair) => Promise<Figures>,
): Promise<Figures> {
  const contestant = await (await contestantModule(module)).open(settings);
  const client = new Redis(settings.url);
  let pairs = 0;
  const pair: Pair = async (key) => {
    const release = await acquireFor(contestant, key);
    await release();
    pairs++;
  };
  // Connects, and has the server know the scripts.
  await pair('warm-up');
  pairs = 0;
  const before = await commandsSent(client, inScripts);
  const figures = await measure(pair);
  const sent = (await commandsSent(client, inScripts)) - before;
  client.disconnect();
  await contestant.close();
  return { ...figures, 'commands/pair': sent / pairs };
}
