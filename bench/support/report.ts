import Table from 'cli-table3';
import type { Bench, Figures } from './bench.js';
import { median } from './statistics.js';

/** Measures all contestants in turn for so many rounds and prints medians, with the ratio to the first of each round. */
export async function report(bench: Bench, rounds: number): Promise<void> {
  console.log(`\n${bench.name}\n  ${bench.settings}\n  ${String(rounds)} rounds, interleaved; medians`);
  const results = new Map<string, Figures[]>(Object.keys(bench.contestants).map((name) => [name, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const [name, measure] of Object.entries(bench.contestants)) {
      process.stderr.write(`  round ${String(round)}/${String(rounds)}: ${name} …\n`);
      results.get(name)?.push(await measure());
    }
  }
  print(results);
}

function print(results: ReadonlyMap<string, readonly Figures[]>): void {
  const all = [...results.values()];
  const names = [...new Set(all.flat().flatMap((figures) => Object.keys(figures)))];
  const [compared = ''] = names;
  const floor = all[0] ?? [];
  const table = new Table({ head: ['', ...names, `${compared}, × first`], style: { head: [], border: [] } });
  for (const [contestant, rounds] of results) {
    const ratios = rounds.map((figures, i) => (figures[compared] ?? NaN) / (floor[i]?.[compared] ?? NaN));
    const cells = names.map((name) => shown(median(rounds.flatMap((figures) => figures[name] ?? []))));
    table.push([contestant, ...cells, shown(median(ratios))]);
  }
  console.log(table.toString());
}

function shown(value: number): string {
  if (Number.isNaN(value)) return '';
  return value >= 1000 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
}
