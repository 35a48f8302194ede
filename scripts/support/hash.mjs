import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './run.mjs';

/** Hash over the contents of files and folders (names relative to the package), and over `facts`. */
export function hashOf(names, facts = []) {
  const hash = createHash('sha256').update(JSON.stringify(facts));
  for (const name of names.flatMap(filesOf)) hash.update(`${name}\0`).update(readFileSync(join(ROOT, name)));
  return hash.digest('hex');
}

function filesOf(name) {
  if (!statSync(join(ROOT, name)).isDirectory()) return [name];
  return readdirSync(join(ROOT, name), { recursive: true })
    .map((file) => join(name, file))
    .filter((file) => statSync(join(ROOT, file)).isFile())
    .sort();
}

/** What a stamp file says, or undefined when there is none. */
export function stampIn(file) {
  try {
    return readFileSync(join(ROOT, file), 'utf8');
  } catch {
    return undefined;
  }
}
