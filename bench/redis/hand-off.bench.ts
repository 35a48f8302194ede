import type { Bench, Figures, Scale } from '../support/bench.js';
import { inChild } from '../support/child.js';
import { holdsOf } from '../support/crowd.figures.js';
import { StartingLine } from '../support/starting-line.js';
import { percentile } from '../support/statistics.js';
import { crowds } from './crowds.js';
import { contendedField, PEER_SETTINGS, type Run } from './field.js';
import { publish, subscribe } from './hand-off.work.js';
import { onRedis } from './on-redis.js';

/** Long enough for the other process to ask and wait again. */
const HOLD_MS = 2;

async function bareMessage({ ms }: Scale): Promise<Figures> {
  return await onRedis(async ({ url }) => {
    const input = { url, ms, everyMs: HOLD_MS };
    const line = new StartingLine(2);
    const [delays] = await Promise.all([
      inChild('redis/hand-off.work', subscribe, input, line),
      inChild('redis/hand-off.work', publish, input, line),
    ]);
    return delayFigures(delays);
  });
}

const handOff: Run = async (entrant, { ms }) => {
  const { logs } = await crowds(entrant, { processes: [1, 1], ms, holdMs: HOLD_MS });
  const holds = holdsOf(logs);
  const delays = holds.flatMap(({ process, granted }, i) => {
    const last = holds[i - 1];
    return last && last.process !== process ? granted - last.released : [];
  });
  return delayFigures(delays);
};

function delayFigures(delaysMs: readonly number[]): Figures {
  const micros = delaysMs.map((delay) => delay * 1000);
  return { 'p50 µs': percentile(micros, 50), 'p99 µs': percentile(micros, 99), 'hand-offs': micros.length };
}

export const redisHandOff: Bench = {
  name: 'Redis, one key handed from process to process, 2 × 1 worker',
  settings: `held ${String(HOLD_MS)} ms; from just before the release to the grant in the other process; ${PEER_SETTINGS}`,
  better: 'less',
  contestants: { 'a bare PUBLISH → message': bareMessage, ...contendedField(handOff) },
};
