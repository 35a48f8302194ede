// `npm test`: everything that must hold, from a fresh clone on. `npm test -- <path>` narrows the specs, not the checks.
import './support/node-version.mjs';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from './support/build.mjs';
import { install } from './support/install.mjs';
import { jest } from './support/jest.mjs';
import { main } from './support/run.mjs';
import { runSteps, tool } from './support/steps.mjs';
import { verdict } from './support/verdict.mjs';

const PREPARE = [
  { name: 'install', body: async () => ((await install({ toolchain: true })) ? '' : '(up to date)') },
  { name: 'build', body: async (signal) => ((await build({ signal })) ? '' : '(up to date)') },
];
const CHECKS = [
  tool('lint', 'eslint/bin/eslint.js', '.', '--max-warnings=0'),
  tool('types', 'typescript/bin/tsc', '-p', 'tsconfig.json', '--noEmit'),
  tool('format', 'prettier/bin/prettier.cjs', '--check', '.'),
  tool('imports', 'dependency-cruiser/bin/dependency-cruise.mjs', 'lib', 'sample-app'),
];

async function specs() {
  const folder = mkdtempSync(join(tmpdir(), 'nestjs-locked-jest-'));
  const results = join(folder, 'results.json');
  try {
    // Half of the machine: the other half belongs to the servers and processes that the specs themselves start.
    const workers = `--maxWorkers=${Math.max(1, Math.floor(availableParallelism() / 2))}`;
    const { code } = await jest([workers, '--json', `--outputFile=${results}`, ...process.argv.slice(2)], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    if (!existsSync(results))
      return { lines: ['The specs were interrupted.', '0 passed, 1 failed'], exitCode: code || 1 };
    return verdict(code, JSON.parse(readFileSync(results, 'utf8')));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

await main(async () => {
  try {
    await runSteps(PREPARE);
    await runSteps(CHECKS, 2);
  } catch (error) {
    console.log(error.message);
    console.log('0 passed, 1 failed');
    return error.exitCode ?? 1;
  }
  console.log('… specs');
  const { lines, exitCode } = await specs();
  console.log(lines.join('\n'));
  return exitCode;
});
