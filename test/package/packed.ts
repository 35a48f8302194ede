import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from '../../scripts/support/build.mjs';
import { npm } from '../../scripts/support/npm.mjs';

export interface Packed {
  /** A folder of its own, outside this package: nothing in it resolves to our `node_modules`. */
  readonly folder: string;
  readonly tarball: string;
  readonly files: readonly string[];
  remove(): Promise<void>;
}

/** Packs what `npm publish` would publish. */
export async function pack(): Promise<Packed> {
  await build();
  const folder = await mkdtemp(join(tmpdir(), 'nestjs-locked-packed-'));
  const answer = await npmIn('.', 'pack', '--json', '--ignore-scripts', '--pack-destination', folder);
  const [packed] = JSON.parse(answer) as [{ filename: string; files: { path: string }[] }];
  return {
    folder,
    tarball: join(folder, packed.filename),
    files: packed.files.map(({ path }) => path).sort(),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Runs npm in a folder and answers what it says on stdout. */
export async function npmIn(folder: string, ...args: string[]): Promise<string> {
  const { code, output } = await npm([...args, '--prefix', folder], { stdio: ['ignore', 'pipe', 2] });
  if (code !== 0) throw new Error(`npm ${args.join(' ')} failed:\n${output}`);
  return output;
}
