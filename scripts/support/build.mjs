import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { alone } from './alone.mjs';
import { hashOf, stampIn } from './hash.mjs';
import { ROOT, Trouble, run } from './run.mjs';

const SOURCES = ['lib', 'sample-app', 'tsconfig.json', 'nest-cli.json', 'package.json', 'package-lock.json'];
const STAMP = 'dist/.sources';
/** In this order: the sample imports the package by its own name, that is from `dist/lib`. */
const PROJECTS = ['lib', 'sample-app'];

/** Builds the library and the sample, unless their sources are as they were; answers whether it did. */
export const build = (options = {}) => alone('node_modules/.nestjs-locked-building', () => buildNow(options));

async function buildNow({ signal }) {
  const sources = hashOf(SOURCES);
  if (stampIn(STAMP) === sources && existsSync(join(ROOT, 'dist/lib/index.js'))) return false;
  console.error(`Building ${PROJECTS.join(' and ')} …`);
  rmSync(join(ROOT, 'dist'), { recursive: true, force: true });
  for (const project of PROJECTS) {
    const nest = ['node_modules/@nestjs/cli/bin/nest.js', 'build', project];
    const { code, output } = await run(process.execPath, nest, { stdio: ['ignore', 'pipe', 'pipe'], signal });
    if (code !== 0) throw new Trouble(`${output}\nThe build of ${project} failed.`, code);
  }
  writeFileSync(join(ROOT, STAMP), sources);
  return true;
}
