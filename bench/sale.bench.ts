import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Bench, Figures } from './support/bench.js';

const MAIN = fileURLToPath(new URL('../sample-app/main.js', import.meta.url));

interface Run extends Record<'sold' | 'oversold' | 'duplicates' | 'errors' | 'elapsedMs' | 'p99Ms', number> {
  readonly locked: boolean;
}

/** The sale as `npm start` runs it. Ends with an error unless every promise of the sale held. */
async function sale(...options: string[]): Promise<readonly Run[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [MAIN, '--json', ...options]);
  return (JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { runs: Run[] }).runs;
}

function figuresOf(run: Run | undefined): Figures {
  if (!run) throw new Error('the sale has not run');
  const { elapsedMs, p99Ms, sold, oversold, duplicates, errors } = run;
  return { 'elapsed ms': elapsedMs, 'p99 ms': p99Ms, sold, oversold, duplicates, errors };
}

let runs: readonly Run[] = [];

export const flashSale: Bench = {
  name: 'The flash sale: 4 workers, 2,000 buyers with two orders each, stock 100, embedded stores',
  settings: 'without and with the lock in one run; a run that breaks a promise of the sale ends the bench',
  contestants: {
    'without the lock': async () => {
      runs = await sale();
      return figuresOf(runs.find((run) => !run.locked));
    },
    'with @Locked': () => Promise.resolve(figuresOf(runs.find((run) => run.locked))),
    'with @Locked, a worker killed': async () => figuresOf((await sale('--once', 'locked', '--kill'))[0]),
  },
};
