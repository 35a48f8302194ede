import type { Bench, Figures, Scale } from '../support/bench.js';
import { CONTROL, type Entrant, OURS } from '../support/entrant.js';

export type ZookeeperRun = (entrant: Entrant, scale: Scale) => Promise<Figures>;

const LOCKED = `zookeeper/${OURS}`;
/** Nobody polls here. */
const NEVER = { retryMs: 0 };
const TURNS = 8;

export const SETTINGS =
  'one server, which does not wait for its disk (forceSync=no); Curator 5 with InterProcessMutex, kazoo 2 with Lock, a thread per worker; ' +
  'each warms up for 6 s, and the server with it';

/** Where nobody waits. */
export function uncontendedField(run: ZookeeperRun): Bench['contestants'] {
  return {
    Curator: (scale) => run({ ...NEVER, module: 'curator' }, scale),
    kazoo: (scale) => run({ ...NEVER, module: 'kazoo' }, scale),
    [OURS]: (scale) => run({ ...NEVER, module: LOCKED }, scale),
  };
}

/** Where they wait: ours without hand-over, with some and with its default, and the control. */
export function contendedField(run: ZookeeperRun): Bench['contestants'] {
  const { [OURS]: ours, ...peers } = uncontendedField(run);
  return {
    ...peers,
    [`${OURS}, hand-over off`]: (scale) => run({ ...NEVER, module: LOCKED, handOver: false }, scale),
    [`${OURS}, ${String(TURNS)} turns`]: (scale) =>
      run({ ...NEVER, module: LOCKED, handOver: { turns: TURNS } }, scale),
    ...(ours && { [OURS]: ours }),
    'no lock': (scale) => run({ ...NEVER, module: CONTROL }, scale),
  };
}
