import Table from 'cli-table3';
import type { Mode } from '../orders/place-order.message.js';
import type { Run } from './flash-sale.js';
import type { SaleOptions } from './options.js';

/** How a run is called; beside one without the guard, what makes the difference is named. */
export function titleOf(mode: Mode, { pause }: Pick<SaleOptions, 'pause'>): string {
  if (mode === 'unlocked') return 'without the lock';
  if (mode === 'unguarded') return '@Locked, no guard';
  return pause ? '@Locked and guard' : 'with @Locked';
}

const count = (value: number) => value.toLocaleString('en-US');

/**
 * What the sale promises and `run` did not keep, in words; empty when all is well. A killed worker may cost buyers their
 * answers, and a stale write that is refused costs one buyer its order; the books balance all the same.
 */
export function brokenPromises(run: Run, { stock, buyers, kill }: SaleOptions): string[] {
  const broken: string[] = [];
  if (run.oversold > 0) {
    broken.push(`${count(run.oversold)} items oversold`);
  } else if (run.sold + run.left !== stock) {
    broken.push(`${count(run.sold)} sold and ${count(run.left)} left of ${count(stock)}`);
  }
  if (run.duplicates > 0) broken.push(`${count(run.duplicates)} orders beyond one per buyer`);
  if (!kill) {
    const failed = run.errors - (run.staleWrite === 'refused' ? 1 : 0);
    if (failed > 0) broken.push(`${count(failed)} orders failed`);
    if (run.sold < Math.min(stock, buyers)) broken.push(`only ${count(run.sold)} sold`);
  }
  return broken;
}

export function verdict(runs: readonly Run[], options: SaleOptions): string {
  const sentences = runs.map((run) => {
    const broken = brokenPromises(run, options);
    const title = titleOf(run.mode, options);
    const how = title.charAt(0).toUpperCase() + title.slice(1);
    const stale = run.staleWrite === 'refused' ? ', the stale write refused' : '';
    return broken.length > 0
      ? `${how}: ${broken.join(', ')}.`
      : `${how}: ${count(run.sold)} of ${count(options.stock)} sold, none oversold, none twice${stale}.`;
  });
  const [without, locked] = runs;
  // With a pause in both of them time says nothing.
  if (options.pause) return sentences.join(' ');
  const time = without && locked ? ` ${(locked.elapsedMs / without.elapsedMs).toFixed(2)} × the time.` : '';
  return sentences.join(' ') + time;
}

export function table(runs: readonly Run[], options: SaleOptions): string {
  const { buyers, stock } = options;
  const rows = new Table({
    head: ['', ...runs.map(({ mode }) => titleOf(mode, options))],
    colAligns: ['left', ...runs.map(() => 'right' as const)],
    style: { head: [], border: [], compact: true },
  });
  const row = (name: string, cell: (run: Run) => string) => rows.push([name, ...runs.map(cell)]);
  row('buyers', () => count(buyers));
  row('stock', () => count(stock));
  row('sold', (run) => count(run.sold));
  row('oversold', (run) => count(run.oversold));
  row('duplicate orders', (run) => count(run.duplicates));
  if (runs.some(({ staleWrite }) => staleWrite)) row('stale write', ({ staleWrite }) => staleWrite ?? '');
  row('refused', (run) => count(run.refused));
  row('errors', (run) => count(run.errors));
  row('requests/s', (run) => count(run.rps));
  row('p50 / p99', (run) => `${count(run.p50Ms)} / ${count(run.p99Ms)} ms`);
  row('elapsed', (run) => `${count(run.elapsedMs)} ms`);
  return rows.toString();
}

/** The same for programs. */
export function json(runs: readonly Run[], { buyers, stock, workers }: SaleOptions): string {
  return JSON.stringify({
    buyers,
    stock,
    workers,
    runs: runs.map(
      ({ mode, sold, oversold, duplicates, staleWrite, refused, errors, elapsedMs, p50Ms, p99Ms, rps }) => {
        return { mode, sold, oversold, duplicates, staleWrite, refused, errors, elapsedMs, p50Ms, p99Ms, rps };
      },
    ),
  });
}
