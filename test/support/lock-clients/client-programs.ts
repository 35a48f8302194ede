import { join } from 'node:path';
import { provide } from '../programs.js';
import { pythonWith } from './python-with.js';

const FOLDER = join(process.cwd(), 'test/support/lock-clients');

const REDIS_PY = { module: 'redis.lock', pip: 'redis', debian: 'python3-redis' };
const KAZOO = { module: 'kazoo', pip: 'kazoo', debian: 'python3-kazoo' };

const JARS = ['curator-recipes', 'slf4j-nop'].map((name) => `/usr/share/java/${name}.jar`);
const CURATOR = {
  // With the compiler: it is run from its source.
  program: 'javac',
  packages: ['default-jdk-headless', 'libcurator-recipes-java', 'libslf4j-java'],
  files: JARS,
};

/** Program and arguments that run a source file with a client of another language at hand. */
export const foreignPrograms = {
  redisPy: async (source: string) => [await pythonWith(REDIS_PY), source],
  kazoo: async (source: string) => [await pythonWith(KAZOO), source],
  curator: async (source: string) => [await javaWithCurator(), '-cp', JARS.join(':'), source],
};

/** Program and arguments of a process of each client. */
export const CLIENT_PROGRAMS = {
  'nestjs-locked': inNode,
  redlock: inNode,
  'redis-semaphore': inNode,
  none: inNode,
  'redis-py': () => foreignPrograms.redisPy(join(FOLDER, 'redis_py.child.py')),
  kazoo: () => foreignPrograms.kazoo(join(FOLDER, 'kazoo.child.py')),
  curator: () => foreignPrograms.curator(join(FOLDER, 'Curator.java')),
} satisfies Record<string, () => Promise<readonly string[]>>;

function inNode(): Promise<readonly string[]> {
  return Promise.resolve([process.execPath, join(FOLDER, 'node.child.mjs')]);
}

async function javaWithCurator(): Promise<string> {
  if (await provide(CURATOR, process.env)) return 'java';
  throw new Error(`This needs Apache Curator and a JDK (Debian: apt-get install ${CURATOR.packages.join(' ')}).`);
}
