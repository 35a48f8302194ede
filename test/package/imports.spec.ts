import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

interface Violation {
  readonly rule: { readonly name: string };
  readonly from: string;
  readonly to: string;
  readonly cycle?: readonly { readonly name: string }[];
}

const CRUISE = resolve('node_modules/dependency-cruiser/bin/dependency-cruise.mjs');

function cruise(folder: string): Promise<Violation[]> {
  const args = [CRUISE, 'lib', 'sample-app', '--output-type', 'json'];
  return new Promise((done, fail) => {
    execFile(process.execPath, args, { cwd: folder, maxBuffer: 1 << 28 }, (error, stdout) => {
      if (stdout === '') fail(error ?? new Error('dependency-cruiser said nothing'));
      else done((JSON.parse(stdout) as { summary: { violations: Violation[] } }).summary.violations);
    });
  });
}

/** file, what it imports, and the rule that must refuse that; `undefined`: it is allowed. */
const PLANTED: readonly [file: string, code: string, rule: string | undefined][] = [
  ['lib/core/nest.ts', `import { Injectable } from '@nestjs/common';`, 'core-stands-alone'],
  ['lib/core/rx.ts', `import { of } from 'rxjs';`, 'core-stands-alone'],
  ['lib/core/peer.ts', `import type { Redis } from 'ioredis';`, 'core-stands-alone'],
  ['lib/core/rest.ts', `import { x } from '../keys/fine.js';`, 'core-stands-alone'],
  ['lib/core/fine.ts', `import ms from 'ms'; import 'node:fs'; import { x } from './leaf.js';`, undefined],
  ['lib/core/leaf.ts', `export const x = 1;`, undefined],
  ['lib/core/errors.ts', `export const x = 1;`, undefined],
  ['lib/keys/core.ts', `import { x } from '../core/leaf.js';`, 'keys-are-pure'],
  ['lib/keys/node.ts', `import { readFileSync } from 'node:fs';`, 'keys-are-pure'],
  ['lib/keys/fine.ts', `import { x } from '../core/errors.js';`, undefined],
  ['lib/backends/memory/other.ts', `import { x } from '../typeorm/index.js';`, 'memory-needs-only-core'],
  ['lib/backends/memory/peer.ts', `import { Redis } from 'ioredis';`, 'memory-needs-only-core'],
  ['lib/backends/memory/index.ts', `import { x } from '../../core/leaf.js';`, undefined],
  ['lib/backends/typeorm/nest.ts', `import { x } from '../../lock.module.js';`, 'typeorm-needs-only-core-and-typeorm'],
  ['lib/backends/typeorm/peer.ts', `import { Redis } from 'ioredis';`, 'typeorm-needs-only-core-and-typeorm'],
  ['lib/backends/typeorm/index.ts', `import { DataSource } from 'typeorm'; export const x = 1;`, undefined],
  ['lib/backends/typeorm/guard.ts', `import { x } from '../../fencing/fine.js';`, undefined],
  ['lib/backends/zookeeper/peer.ts', `import { Redis } from 'ioredis';`, 'zookeeper-needs-only-core-and-its-client'],
  [
    'lib/backends/zookeeper/index.ts',
    `import zookeeper from 'node-zookeeper-client'; export { zookeeper };`,
    undefined,
  ],
  ['lib/fencing/peer.ts', `import type { DataSource } from 'typeorm';`, 'fencing-needs-no-driver'],
  ['lib/fencing/store.ts', `import { x } from '../backends/typeorm/index.js';`, 'fencing-needs-no-driver'],
  ['lib/fencing/fine.ts', `import { x } from '../sql/fine.js'; import { y } from '../core/leaf.js';`, undefined],
  ['lib/sql/peer.ts', `import { Pool } from 'pg';`, 'sql-needs-only-core'],
  ['lib/sql/fine.ts', `export const x = 1;`, undefined],
  ['lib/testing/peer.ts', `import { DataSource } from 'typeorm';`, 'testing-needs-no-peer-but-nest'],
  ['lib/testing/fine.ts', `import { x } from '../core/leaf.js';`, undefined],
  ['lib/lock.module.ts', `import { Module } from '@nestjs/common'; export const x = 1;`, undefined],
  ['lib/peer.ts', `import zookeeper from 'node-zookeeper-client';`, 'nest-part-loads-no-store'],
  ['lib/static.ts', `import { x } from './backends/typeorm/index.js';`, 'nest-part-loads-stores-by-import-call'],
  ['lib/dynamic.ts', `export const load = () => import('./backends/typeorm/index.js');`, undefined],
  ['lib/private.ts', `import { x } from '@nestjs/core/injector/injector.js';`, 'nothing-private-of-nest'],
  ['lib/here.ts', `import { x } from './there.js'; export const y = x;`, 'no-circle'],
  ['lib/there.ts', `import { y } from './here.js'; export const x = y;`, 'no-circle'],
  ['sample-app/lib.ts', `import { x } from '../lib/core/leaf.js';`, 'sample-uses-the-package-by-its-name'],
  ['sample-app/fine.ts', `import { LockModule } from 'nestjs-locked'; import 'nestjs-locked/core';`, undefined],
];

describe('who may import whom', () => {
  let folder: string;
  let violations: Violation[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nestjs-locked-imports-'));
    await symlink(resolve('node_modules'), join(folder, 'node_modules'));
    for (const file of ['.dependency-cruiser.cjs', 'package.json', 'tsconfig.json']) {
      await cp(file, join(folder, file));
    }
    for (const [file, code] of PLANTED) {
      await mkdir(dirname(join(folder, file)), { recursive: true });
      await writeFile(join(folder, file), code);
    }
    violations = await cruise(folder);
  }, 60_000);

  afterAll(() => rm(folder, { recursive: true, force: true }));

  // A circle is reported once, on one of its members.
  const rulesAgainst = (file: string): string[] =>
    violations
      .filter(({ from, cycle }) => from === file || cycle?.some(({ name }) => name === file))
      .map(({ rule }) => rule.name);

  it.each(PLANTED.filter(([, , rule]) => rule !== undefined))('%s with %s is refused by %s', (file, _code, rule) => {
    expect(rulesAgainst(file)).toEqual([rule]);
  });

  it.each(PLANTED.filter(([, , rule]) => rule === undefined))('%s with %s is allowed', (file) => {
    expect(rulesAgainst(file)).toEqual([]);
  });

  it('holds for this package', async () => {
    expect(await cruise('.')).toEqual([]);
  }, 60_000);
});
