import { Command, InvalidArgumentError } from 'commander';
import { decorator } from './decorator.bench.js';
import { handOver } from './hand-over.bench.js';
import { flashSale } from './sale.bench.js';
import { sqliteContended, sqliteUncontended } from './sqlite.bench.js';
import { report } from './support/report.js';

const BENCHES = {
  'hand-over': handOver,
  decorator,
  'sqlite-uncontended': sqliteUncontended,
  'sqlite-contended': sqliteContended,
  sale: flashSale,
};

const program = new Command('npm run bench --')
  .description(`Measures locks against floors and peers.\nBenches: ${Object.keys(BENCHES).join(', ')}`)
  .argument('[names...]', 'which benches to run (default: all)')
  .option('--rounds <n>', 'rounds of each bench', wholeNumber, 5)
  .parse();

const chosen = program.args.length > 0 ? program.args : Object.keys(BENCHES);
const unknown = chosen.filter((name) => !Object.hasOwn(BENCHES, name));
if (unknown.length > 0) program.error(`no such bench: ${unknown.join(', ')}`, { exitCode: 2 });

const { rounds } = program.opts<{ rounds: number }>();
console.log(`Node ${process.version}, ${process.platform} ${process.arch}`);
for (const [name, bench] of Object.entries(BENCHES)) if (chosen.includes(name)) await report(bench, rounds);

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError('a whole number from 1 to 9999.');
  return Number(text);
}
