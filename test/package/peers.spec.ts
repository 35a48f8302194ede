import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from '../../scripts/support/build.mjs';
import { runNode } from '../support/run-node.js';

const RECORDER = pathToFileURL(resolve('test/package/record-loads.mjs')).href;
const PEERS = ['typeorm', 'better-sqlite3', 'pg', 'mysql2', 'ioredis', 'node-zookeeper-client'];

/** `@nestjs/core` of `@nestjs/core/internal`; nothing of a path, a URL or one of Node's own modules. */
function packageOf(specifier: string): string[] {
  if (/^(\.|\/|node:|file:|data:)/.test(specifier) || builtinModules.includes(specifier)) return [];
  return specifier.match(/^(@[^/]+\/)?[^/]+/)?.slice(0, 1) ?? [];
}

describe('what an import of this package loads', () => {
  let folder: string;

  beforeAll(async () => {
    await build();
    folder = await mkdtemp(join(tmpdir(), 'nestjs-locked-loads-'));
  }, 120_000);

  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** Packages that were asked for, while the built package was imported by its own name in a fresh process. */
  async function packagesLoadedBy(name: string): Promise<Set<string>> {
    const loads = join(folder, name.replaceAll('/', '-'));
    const script = `await import(${JSON.stringify(name)})`;
    const { code, output } = await runNode(['--import', RECORDER, '--input-type=module', '--eval', script], {
      env: { ...process.env, LOADS: loads },
    });
    expect({ code, output }).toEqual({ code: 0, output: '' });
    return new Set((await readFile(loads, 'utf8')).split('\n').flatMap(packageOf));
  }

  it.each([
    ['nestjs-locked', PEERS],
    ['nestjs-locked/memory', PEERS],
    ['nestjs-locked/testing', PEERS],
    ['nestjs-locked/fencing', [...PEERS, '@nestjs/common']],
    ['nestjs-locked/typeorm', ['pg', 'mysql2', 'better-sqlite3', 'ioredis', 'node-zookeeper-client', '@nestjs/common']],
    ['nestjs-locked/zookeeper', ['typeorm', 'better-sqlite3', 'pg', 'mysql2', 'ioredis', '@nestjs/common']],
  ])(
    '%s: none of %s',
    async (name, forbidden) => {
      const loaded = await packagesLoadedBy(name);
      expect(loaded).toContain('nestjs-locked');
      expect(forbidden.filter((peer) => loaded.has(peer))).toEqual([]);
    },
    60_000,
  );

  it('nestjs-locked/core: ms and nothing else', async () => {
    expect([...(await packagesLoadedBy('nestjs-locked/core'))].sort()).toEqual(['ms', 'nestjs-locked']);
  }, 60_000);
});
