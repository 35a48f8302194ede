import { cp, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { runNode } from '../support/run-node.js';
import { npmIn, pack, type Packed } from './packed.js';

/** How an application of NestJS 11 is compiled; its types come from the tarball, Node's own from us. */
const TSC = [
  resolve('node_modules/typescript/bin/tsc'),
  ...['--module', 'nodenext', '--target', 'es2022', '--strict', '--skipLibCheck'],
  ...['--experimentalDecorators', '--emitDecoratorMetadata'],
  ...['--types', 'node', '--typeRoots', resolve('node_modules/@types')],
];

describe('the packed tarball, installed beside NestJS 11', () => {
  let packed: Packed;
  const run = (...args: string[]) => runNode(args, { cwd: packed.folder });

  beforeAll(async () => {
    packed = await pack();
    await cp('test/package/consumer', packed.folder, { recursive: true });
    await npmIn(packed.folder, 'install', packed.tarball, '--prefer-offline', '--no-audit', '--no-fund');
  }, 300_000);

  afterAll(() => packed.remove());

  it('stands beside NestJS 11, one copy of each part, without optional peers', async () => {
    const lock = await readFile(join(packed.folder, 'package-lock.json'), 'utf8');
    const { packages } = JSON.parse(lock) as { packages: Record<string, { version: string }> };
    const versionOf = (name: string) => packages[`node_modules/${name}`]?.version;
    expect(versionOf('@nestjs/core')).toMatch(/^11\./);
    expect(Object.keys(packages).filter((path) => path.endsWith('/@nestjs/core'))).toHaveLength(1);
    expect(['typeorm', 'ioredis', 'better-sqlite3', 'node-zookeeper-client'].map(versionOf)).toEqual(
      Array(4).fill(undefined),
    );
  });

  it('is imported by an ESM application', async () => {
    expect(await run('esm-app.mjs')).toEqual({ code: 0, output: 'order:42 function\n' });
  }, 60_000);

  it('is required by a CommonJS application', async () => {
    const { code, output } = await run('--disable-warning=ExperimentalWarning', 'cjs-app.cjs');
    expect({ code, output }).toEqual({ code: 0, output: 'order:42 function\n' });
  }, 60_000);

  it('compiles and runs in a NestJS 11 application', async () => {
    expect(await run(...TSC, 'nest-app.ts')).toEqual({ code: 0, output: '' });
    const { code, output } = await run('--disable-warning=ExperimentalWarning', 'nest-app.js');
    expect({ code, output }).toEqual({ code: 0, output: '200 paid under order:42, audited under audit:42\n' });
  }, 60_000);
});
