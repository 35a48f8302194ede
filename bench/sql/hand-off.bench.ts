import type { SqlEngine } from '../../test/support/sql-engines.js';
import type { Bench, Figures, Measure } from '../support/bench.js';
import { inChild } from '../support/child.js';
import { holdsOf } from '../support/crowd.figures.js';
import { StartingLine } from '../support/starting-line.js';
import { percentile } from '../support/statistics.js';
import { crowds } from './crowds.js';
import { contendedField, type SqlRun, TITLES } from './field.js';
import { askNothing, listen, notify } from './hand-off.work.js';
import { onSql } from './on-sql.js';

/** Long enough for the other process to ask and wait again. */
const HOLD_MS = 2;

const bareTelling: Measure = ({ ms }) =>
  onSql('postgres', async (url) => {
    const input = { url, ms, everyMs: HOLD_MS };
    const line = new StartingLine(2);
    const [delays] = await Promise.all([
      inChild('sql/hand-off.work', listen, input, line),
      inChild('sql/hand-off.work', notify, input, line),
    ]);
    return delayFigures(delays);
  });

const bareRoundTrip: Measure = ({ ms }) =>
  onSql('mariadb', async (url) =>
    delayFigures(await inChild('sql/hand-off.work', askNothing, { url, ms, everyMs: HOLD_MS })),
  );

const FLOORS: Readonly<Record<SqlEngine, Bench['contestants']>> = {
  postgres: { 'a bare NOTIFY → notification': bareTelling },
  // It cannot tell anybody anything.
  mariadb: { 'a bare SELECT 1': bareRoundTrip },
};

const handOff: SqlRun = async (engine, entrant, { ms }) => {
  const size = { processes: 2, workers: 1, ms, holdMs: HOLD_MS };
  const { logs, statementsPerGrant } = await crowds(engine, entrant, size);
  const holds = holdsOf(logs);
  const delays = holds.flatMap(({ process, granted }, i) => {
    const last = holds[i - 1];
    return last && last.process !== process ? granted - last.released : [];
  });
  return { ...delayFigures(delays), 'statements/grant': statementsPerGrant };
};

function delayFigures(delaysMs: readonly number[]): Figures {
  const micros = delaysMs.map((delay) => delay * 1000);
  return { 'p50 µs': percentile(micros, 50), 'p99 µs': percentile(micros, 99), 'hand-offs': micros.length };
}

export function sqlHandOff(engine: SqlEngine): Bench {
  return {
    name: `${TITLES[engine]}, one key handed from process to process, 2 × 1 worker`,
    settings:
      `held ${String(HOLD_MS)} ms; from just before the release to the grant in the other process; ` +
      'Verrou at the best of 1, 10 and 50 ms',
    better: 'less',
    contestants: { ...FLOORS[engine], ...contendedField(engine, handOff) },
  };
}
