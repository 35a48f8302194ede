import type { Mode } from '../orders/place-order.message.js';
import { Command, InvalidArgumentError, Option } from 'commander';

export interface SaleOptions {
  readonly buyers: number;
  readonly stock: number;
  readonly workers: number;
  readonly lock?: string;
  readonly database?: string;
  readonly kill?: true;
  readonly pause?: true;
  readonly once?: Mode;
  readonly json?: true;
}

const EPILOGUE = `
Exit code: 0 every promise of the sale held, 1 one was broken, 2 it could not run (a bad argument, an unreachable store).

Examples: npm start -- --buyers 5000 --stock 50 --kill
          npm start -- --pause --lock redis://localhost --database postgres://user:password@localhost/shop`;

/** Reads the command line; ends the process with 2 where it is wrong, with 0 after \`--help\`. */
export function readOptions(argv: readonly string[]): SaleOptions {
  const program = new Command('npm start --')
    .description('Sells a few items to many buyers in several NestJS processes, first without and then with @Locked.')
    .option('--buyers <number>', 'how many buyers; each sends its order twice', upTo(100_000), 2000)
    .option('--stock <number>', 'how many items there are to sell', upTo(1_000_000), 100)
    .option('--workers <number>', 'how many order workers (processes)', upTo(64), 4)
    .addOption(
      new Option(
        '--lock <url>',
        'the lock store: sqlite:<file>, redis://…, zookeeper://…, postgres://…, mysql://… (default: a throw-away file)',
      ).env('LOCK_URL'),
    )
    .addOption(
      new Option(
        '--database <url>',
        'stock and orders: sqlite:<file>, postgres://…, mysql://… (default: a throw-away file)',
      ).env('DATABASE_URL'),
    )
    .option('--kill', 'kill -9 a worker in mid-sale and start another')
    .addOption(
      new Option(
        '--pause',
        'stop a worker in mid-sale between the grant of its lock and BEGIN, beyond its lease, and wake it: ' +
          'under the lock alone, and with its guard in the transaction',
      ).conflicts('kill'),
    )
    .addOption(new Option('--once <how>', 'one run instead of two').choices(['locked', 'unguarded', 'unlocked']))
    .option('--json', 'print the result as one JSON object instead of a table')
    .addHelpText('after', EPILOGUE)
    .allowExcessArguments(false)
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
    .parse(argv);
  const options = program.opts<SaleOptions>();
  if (options.workers > 1 && options.lock?.startsWith('memory:')) {
    program.error('error: memory: locks within one process only. Give --workers 1, or another --lock.');
  }
  return options;
}

/** How the runs of one show differ; the last one is what is promised. */
export function modesOf({ once, pause }: SaleOptions): readonly Mode[] {
  if (once) return [once];
  return pause ? ['unguarded', 'locked'] : ['unlocked', 'locked'];
}

function upTo(limit: number): (value: string) => number {
  return (value) => {
    const count = Number(value);
    if (/^\d+$/.test(value) && count >= 1 && count <= limit) return count;
    throw new InvalidArgumentError(`Give a whole number from 1 to ${limit}.`);
  };
}
