import { acquireFor, contestantModule, type ContestantSettings } from '../support/contestant.js';
import { untilMonotonic } from '../support/monotonic.js';
import { started } from '../support/starting-line.js';
import type { Entrant } from '../support/entrant.js';

export interface Waiting extends Entrant, ContestantSettings {
  /** How long the key stays busy after the start, in ms. */
  readonly busyMs: number;
  readonly waiters: number;
}

/** Holds the key from before the start to the end. */
export async function hold({ module, busyMs, ...settings }: Waiting): Promise<void> {
  const contestant = await (await contestantModule(module)).open(settings);
  const release = await acquireFor(contestant, 'busy');
  await untilMonotonic((await started()) + busyMs);
  await release();
  await contestant.close();
}

/** Waits for the key in vain until the holder gives it back; then all get their turns. */
export async function wait({ module, waiters, ...settings }: Waiting): Promise<void> {
  const contestant = await (await contestantModule(module)).open(settings);
  const release = await acquireFor(contestant, `warm-up ${String(process.pid)}`);
  await release();
  await started();
  const waiter = async (): Promise<void> => {
    const leave = await acquireFor(contestant, 'busy');
    await leave();
  };
  await Promise.all(Array.from({ length: waiters }, waiter));
  await contestant.close();
}
