import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { foreignPrograms } from '../../test/support/lock-clients/client-programs.js';
import type { CrowdLog } from '../support/crowd.js';
import type { StartingLine } from '../support/starting-line.js';
import type { ZookeeperCrowd } from './crowd.work.js';

/** Locks of other languages, in processes of their own: program, and what it runs. */
export const FOREIGN = {
  curator: () => foreignPrograms.curator('bench/zookeeper/CuratorCrowd.java'),
  kazoo: () => foreignPrograms.kazoo('bench/zookeeper/kazoo_crowd.py'),
};

/** A grant as they write it down. */
type Grant = readonly [worker: number, asked: number, granted: number, released: number];

export async function foreignCrowd(
  client: keyof typeof FOREIGN,
  { url, key, workers, ownKeys, ms, holdMs = 0, warmUpMs }: ZookeeperCrowd,
  line: StartingLine,
): Promise<CrowdLog> {
  const [program = '', ...args] = await FOREIGN[client]();
  const settings = [new URL(url).host, key, workers, ownKeys, ms, holdMs, warmUpMs].map(String);
  const child = spawn(program, [...args, ...settings], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exit = once(child, 'exit');
  const said: string[] = [];
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (text) => {
    if (text !== 'ready') said.push(text);
    else line.arrived();
  });
  const startAt = await line.startAt;
  child.stdin.end(`${String(startAt)}\n`);
  const [code] = (await exit) as [number | null];
  if (code !== 0 || said[0] === undefined) throw new Error(`${client} ended with ${String(code)} before it answered`);
  const grants = JSON.parse(said[0]) as Grant[];
  const column = (at: 0 | 1 | 2 | 3): Float64Array => Float64Array.from(grants, (grant) => grant[at]);
  return {
    ...{ startAt, worker: column(0), asked: column(1), granted: column(2), released: column(3) },
    token: new Float64Array(grants.length).fill(NaN),
    ...{ lost: 0, timedOut: 0, expired: 0 },
  };
}
