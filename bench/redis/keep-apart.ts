import { execFile } from 'node:child_process';
import { availableParallelism, cpus } from 'node:os';
import { promisify } from 'node:util';
import type { Redis } from 'ioredis';

const taskset = (...args: string[]): Promise<{ stdout: string }> => promisify(execFile)('taskset', args);

/**
 * When the bench was started on some of the processors only (`taskset -c 1 npm run bench`), its processes inherit that,
 * and the server gets the other processors: then neither takes the other's time.
 */
export async function keepApart(client: Redis): Promise<void> {
  const all = cpus().length;
  if (process.platform !== 'linux' || availableParallelism() === all) return;
  const { stdout } = await taskset('-p', String(process.pid));
  const ours = BigInt(`0x${stdout.trim().split(' ').at(-1) ?? ''}`);
  const others = ((1n << BigInt(all)) - 1n) & ~ours;
  const [, server = ''] = /^process_id:(\d+)/m.exec(await client.info('server')) ?? [];
  await taskset('-a', '-p', others.toString(16), server);
}
