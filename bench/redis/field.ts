import type { Bench, Figures, Measure, Scale, Variants } from '../support/bench.js';
import { CONTROL, type Entrant, OURS } from '../support/entrant.js';

export type Run = (entrant: Entrant, scale: Scale) => Promise<Figures>;

const RAW = { 'raw SET NX PX': 'raw' };
const PEERS = {
  'redlock@5': 'redlock',
  'redis-semaphore': 'redis-semaphore',
  'redlock-universal': 'redlock-universal',
  Verrou: 'verrou',
  'ioredis-lock': 'ioredis-lock',
  'simple-redis-mutex': 'simple-redis-mutex',
};
const RETRY_MS = [1, 10, 50];

export const PEER_SETTINGS =
  'ioredis 5, node-redis 5 for simple-redis-mutex; redlock-universal in its lean mode (it asks for Node 22 and runs on 20)';

/** Where nobody waits, so that no interval matters. */
export function uncontendedField(run: Run): Bench['contestants'] {
  return { ...fieldAt(10, run), [OURS]: (scale) => run({ module: OURS, retryMs: 10 }, scale) };
}

/** Where they wait: pollers at each of three intervals, ours with hand-over and without, and the control. */
export function contendedField(run: Run): Bench['contestants'] {
  return { ...pollers((module) => variants(module, run)), ...ourField(run), ...controlField(run) };
}

/** Pollers at one interval, in ms. */
export function fieldAt(retryMs: number, run: Run): Bench['contestants'] {
  return pollers((module) => (scale) => run({ module, retryMs }, scale));
}

export function ourField(run: Run): Readonly<Record<string, Measure>> {
  return {
    [OURS]: (scale) => run({ module: OURS, retryMs: 10 }, scale),
    [`${OURS}, hand-over off`]: (scale) => run({ module: OURS, retryMs: 10, handOver: false }, scale),
  };
}

export function controlField(run: Run): Readonly<Record<string, Measure>> {
  return { 'no lock': (scale) => run({ module: CONTROL, retryMs: 10 }, scale) };
}

function pollers(entry: (module: string) => Measure | Variants): Bench['contestants'] {
  return Object.fromEntries(Object.entries({ ...RAW, ...PEERS }).map(([name, module]) => [name, entry(module)]));
}

function variants(module: string, run: Run): Variants {
  return Object.fromEntries(
    RETRY_MS.map((retryMs) => [`${String(retryMs)} ms`, (scale) => run({ module, retryMs }, scale)]),
  );
}
