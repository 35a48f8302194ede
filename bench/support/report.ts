import Table from 'cli-table3';
import type { Bench, Figures, Measure, Scale } from './bench.js';
import { median } from './statistics.js';

export interface Extent {
  readonly rounds: number;
  readonly scale: Scale;
  /** Show all variants of a contestant instead of its best. */
  readonly all: boolean;
  /** Besides the first only contestants with this in their names. */
  readonly only: string;
}

/** One contestant under one setting, and what its rounds gave. */
interface Row {
  readonly contestant: string;
  readonly label: string;
  readonly measure: Measure;
  readonly rounds: Figures[];
}

/** Measures all contestants in turn for so many rounds and prints medians, with the ratio to the first of each round. */
export async function report(bench: Bench, { rounds, scale, all, only }: Extent): Promise<void> {
  console.log(`\n${bench.name}\n  ${bench.settings}\n  ${String(rounds)} rounds, interleaved; medians`);
  const rows = rowsOf(bench).filter(
    ({ contestant }, _, [first]) => contestant === first?.contestant || contestant.includes(only),
  );
  for (let round = 1; round <= rounds; round++) {
    for (const { label, measure, rounds: results } of rows) {
      process.stderr.write(`  round ${String(round)}/${String(rounds)}: ${label} …\n`);
      results.push(await measure(scale));
    }
  }
  const best = bestOf(rows, bench.better);
  print(all ? rows : best, best[0]);
}

function rowsOf({ contestants }: Bench): Row[] {
  return Object.entries(contestants).flatMap(([contestant, entry]) => {
    if (typeof entry === 'function') return [{ contestant, label: contestant, measure: entry, rounds: [] }];
    return Object.entries(entry).map(([variant, measure]) => ({
      contestant,
      label: `${contestant}, ${variant}`,
      measure,
      rounds: [],
    }));
  });
}

/** Of each contestant the variant with the best median, in the order in which they were given. */
function bestOf(rows: readonly Row[], better: Bench['better']): Row[] {
  const sign = better === 'less' ? -1 : 1;
  const best = new Map<string, Row>();
  for (const row of rows) {
    const present = best.get(row.contestant);
    if (!present || sign * compared(row) > sign * compared(present)) best.set(row.contestant, row);
  }
  return [...best.values()];
}

function compared({ rounds }: Row): number {
  return median(rounds.flatMap((figures) => Object.values(figures)[0] ?? []));
}

function print(rows: readonly Row[], floor: Row | undefined): void {
  const names = [...new Set(rows.flatMap(({ rounds }) => rounds).flatMap((figures) => Object.keys(figures)))];
  const [first = ''] = names;
  const table = new Table({ head: ['', ...names, `${first}, × first`], style: { head: [], border: [] } });
  for (const { label, rounds } of rows) {
    const ratios = rounds.map((figures, i) => (figures[first] ?? NaN) / (floor?.rounds[i]?.[first] ?? NaN));
    const cells = names.map((name) => shown(median(rounds.flatMap((figures) => figures[name] ?? []))));
    table.push([label, ...cells, shown(median(ratios))]);
  }
  console.log(table.toString());
}

function shown(value: number): string {
  if (Number.isNaN(value)) return '';
  return value >= 1000 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
}
