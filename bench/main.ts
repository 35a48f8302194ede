import { availableParallelism, cpus } from 'node:os';
import { Command, InvalidArgumentError } from 'commander';
import { decorator } from './decorator.bench.js';
import { handOver } from './hand-over.bench.js';
import { redisContended, redisOneProcess } from './redis/contended.bench.js';
import { redisHandOff } from './redis/hand-off.bench.js';
import { redisDrift, redisMemory } from './redis/lasting.bench.js';
import { redisDistinct, redisUncontended } from './redis/pairs.bench.js';
import { redisSale } from './redis/sale.bench.js';
import { redisUnequal } from './redis/unequal.bench.js';
import { redisWaiters } from './redis/waiters.bench.js';
import { sqlContended } from './sql/contended.bench.js';
import { sqlFence } from './sql/fence.bench.js';
import { sqlHandOff } from './sql/hand-off.bench.js';
import { sqlDistinct, sqlUncontended } from './sql/pairs.bench.js';
import { flashSale } from './sale.bench.js';
import { sqliteContended, sqliteUncontended } from './sqlite.bench.js';
import { report } from './support/report.js';
import { zookeeperBenches } from './zookeeper/benches.js';

const BENCHES = {
  'hand-over': handOver,
  decorator,
  'sqlite-uncontended': sqliteUncontended,
  'sqlite-contended': sqliteContended,
  'redis-uncontended': redisUncontended,
  'redis-distinct': redisDistinct,
  'redis-one-process': redisOneProcess,
  'redis-contended': redisContended,
  'redis-unequal': redisUnequal,
  'redis-hand-off': redisHandOff,
  'redis-sale': redisSale,
  'redis-waiters': redisWaiters,
  'redis-drift': redisDrift,
  'redis-memory': redisMemory,
  'postgres-uncontended': sqlUncontended('postgres'),
  'mariadb-uncontended': sqlUncontended('mariadb'),
  'postgres-distinct': sqlDistinct('postgres'),
  'mariadb-distinct': sqlDistinct('mariadb'),
  'postgres-contended': sqlContended('postgres'),
  'mariadb-contended': sqlContended('mariadb'),
  'postgres-hand-off': sqlHandOff('postgres'),
  'mariadb-hand-off': sqlHandOff('mariadb'),
  'postgres-fence': sqlFence('postgres'),
  'mariadb-fence': sqlFence('mariadb'),
  ...zookeeperBenches,
  sale: flashSale,
};

const APART = 'On Linux, under `taskset -c 1`, all run on that processor, and Redis on the others.';

interface Options {
  readonly rounds: number;
  readonly seconds: number;
  readonly driftSeconds: number;
  readonly grants: number;
  readonly all: boolean;
  readonly only: string;
}

const program = new Command('npm run bench --')
  .description(`Measures locks against floors and peers.\nBenches: ${Object.keys(BENCHES).join(', ')}\n${APART}`)
  .argument('[names...]', 'which benches to run (default: all)')
  .option('--rounds <n>', 'rounds of each bench', wholeNumber, 5)
  .option('--seconds <n>', 'how long a contestant is timed in a round', wholeNumber, 2)
  .option('--drift-seconds <n>', 'how long it is watched where drift is looked for', wholeNumber, 30)
  .option('--grants <n>', 'how many grants it gets where leaks are looked for', wholeNumber, 200_000)
  .option('--all', 'show each contestant at every retry interval, not only at its best', false)
  .option('--only <text>', 'besides the first only contestants with this in their names', '')
  .parse();

const chosen = program.args.length > 0 ? program.args : Object.keys(BENCHES);
const unknown = chosen.filter((name) => !Object.hasOwn(BENCHES, name));
if (unknown.length > 0) program.error(`no such bench: ${unknown.join(', ')}`, { exitCode: 2 });

const { rounds, all, only, seconds, driftSeconds, grants } = program.opts<Options>();
const scale = { ms: seconds * 1000, driftMs: driftSeconds * 1000, grants };
const processors = `${availableParallelism()} of ${cpus().length} processors`;
console.log(`Node ${process.version}, ${process.platform} ${process.arch}, ${processors}`);
for (const [name, bench] of Object.entries(BENCHES)) {
  if (chosen.includes(name)) await report(bench, { rounds, all, only, scale });
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new InvalidArgumentError('a whole number from 1 to 9999999.');
  return Number(text);
}
