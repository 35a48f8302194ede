import 'reflect-metadata';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isLockError } from 'nestjs-locked';
import { readOptions } from './sale/options.js';
import { brokenPromises, json, table, verdict } from './sale/report.js';

const options = readOptions(process.argv);

const folder = mkdtempSync(join(tmpdir(), 'flash-sale-'));
process.once('exit', () => {
  rmSync(folder, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

process.env['LOCK_URL'] = options.lock === undefined ? `sqlite:${join(folder, 'locks.db')}` : withTable(options.lock);
process.env['DATABASE_URL'] = options.database ?? `sqlite:${join(folder, 'shop.db')}`;

try {
  // Only now: ConfigModule reads the environment while its module is being loaded.
  const { flashSale } = await import('./sale/flash-sale.js');
  const runs = await flashSale(options);
  console.log(options.json ? json(runs, options) : `${table(runs, options)}\n\n${verdict(runs, options)}`);
  // Of two runs the first shows what happens without the lock; the last one is judged.
  const judged = runs.at(-1);
  process.exitCode = judged && brokenPromises(judged, options).length === 0 ? 0 : 1;
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  console.error(`error: ${isLockError(error) ? `The lock store (--lock) cannot be used. ${message}` : message}`);
  process.exitCode = 2;
}

/** A show brings its own table: in earnest a migration makes it. */
function withTable(lock: string): string {
  if (!/^(postgres|postgresql|mysql|mariadb):/.test(lock)) return lock;
  return `${lock}${lock.includes('?') ? '&' : '?'}createTable=true`;
}
