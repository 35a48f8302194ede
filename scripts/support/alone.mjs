import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT, Trouble } from './run.mjs';

const PATIENCE_MS = 300_000;

/** Runs `body` while no other process of this machine is inside with the same lock file. */
export async function alone(name, body) {
  const file = join(ROOT, name);
  for (const end = Date.now() + PATIENCE_MS; !enter(file); await sleep(100)) {
    if (Date.now() > end) throw new Trouble(`Another process has been busy for minutes. If none is, delete ${file}.`);
  }
  try {
    return await body();
  } finally {
    rmSync(file, { force: true });
  }
}

function enter(file) {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    if (isLeftOver(file)) rmSync(file, { force: true });
    return false;
  }
}

/** A process that was killed leaves its file behind. */
function isLeftOver(file) {
  try {
    process.kill(Number(readFileSync(file, 'utf8')), 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}
