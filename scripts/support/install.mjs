import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hashOf, stampIn } from './hash.mjs';
import { npm } from './npm.mjs';
import { ROOT, Trouble, run } from './run.mjs';

const STAMP = 'node_modules/.nestjs-locked-installed';
const HOW = [
  ...['--include=dev', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'],
  // Two retries as always, but an offline machine is told within seconds, not after a minute and a half.
  ...['--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=5000'],
];
const OFFLINE = /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|ENOTCACHED)\b/;
const NO_COMPILER = /gyp ERR!/;

/**
 * Installs what the lockfile says, unless that is installed already; answers whether it did. Everything npm says goes
 * to stderr. `toolchain`: where better-sqlite3 must be compiled and no compiler is there, apt-get may bring one.
 */
export async function install({ toolchain = false } = {}) {
  // Native parts belong to one version of Node: another one needs a new installation.
  const wanted = hashOf(['package-lock.json'], [process.versions.modules, process.platform, process.arch]);
  if (stampIn(STAMP) === wanted) return false;
  console.error('Installing packages (npm ci): once, and again when the lockfile changes …');
  let { code, output } = await ci();
  if (code !== 0 && toolchain && NO_COMPILER.test(output)) {
    const apt = await run('sh', ['scripts/apt-install.sh', 'g++', 'make', 'python3'], { stdio: ['ignore', 2, 2] });
    if (apt.code === 0) ({ code, output } = await ci());
  }
  if (code !== 0) throw new Trouble(cure(output), code);
  writeFileSync(join(ROOT, STAMP), wanted);
  return true;
}

async function ci() {
  // npm is silent while better-sqlite3 is being compiled, which may take two minutes.
  const started = Date.now();
  const sign = setInterval(() => console.error(`… ${Math.round((Date.now() - started) / 1000)} s`), 15_000);
  try {
    return await npm(['ci', ...HOW], {
      stdio: ['ignore', 'pipe', 'pipe'],
      onOutput: (chunk) => process.stderr.write(chunk),
    });
  } finally {
    clearInterval(sign);
  }
}

function cure(output) {
  if (OFFLINE.test(output)) {
    return 'npm could not reach its registry. Check the network (or npm’s proxy and registry settings), then try again.';
  }
  if (NO_COMPILER.test(output)) {
    return 'better-sqlite3 could be neither downloaded nor compiled. Install a C++ toolchain (Debian: apt-get install g++ make python3), then try again.';
  }
  return 'npm ci failed; its own messages stand above.';
}
