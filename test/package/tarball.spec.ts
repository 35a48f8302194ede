import { readFile } from 'node:fs/promises';
import { runNode } from '../support/run-node.js';
import { pack, type Packed } from './packed.js';

interface Manifest {
  readonly exports: Record<string, string | { types: string; default: string }>;
  readonly dependencies: Record<string, string>;
}

describe('the packed tarball', () => {
  let packed: Packed;
  let manifest: Manifest;

  beforeAll(async () => {
    packed = await pack();
    manifest = JSON.parse(await readFile('package.json', 'utf8')) as Manifest;
  }, 120_000);

  afterAll(() => packed.remove());

  it('holds the library, its types and the papers, and nothing else', () => {
    const papers = ['CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md', 'package.json'];
    expect(packed.files.filter((file) => !file.startsWith('dist/lib/'))).toEqual(papers);
    expect(packed.files.filter((file) => !/\.(md|json|js|d\.ts)$/.test(file))).toEqual(['LICENSE']);
  });

  it('holds every file that `exports` promises', () => {
    const promised = Object.values(manifest.exports).flatMap((target) =>
      typeof target === 'string' ? target : [target.types, target.default],
    );
    expect(packed.files.map((file) => `./${file}`)).toEqual(expect.arrayContaining(promised));
  });

  it('needs one package at run time', () => {
    expect(Object.keys(manifest.dependencies)).toEqual(['ms']);
  });

  it('satisfies publint', async () => {
    const { code, output } = await runNode(['node_modules/publint/src/cli.js', packed.tarball, '--strict']);
    expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining('All good!') });
  }, 60_000);

  it('has types that resolve for every consumer, also before `exports` was understood', async () => {
    const attw = 'node_modules/@arethetypeswrong/cli/dist/index.js';
    const { code, output } = await runNode([attw, packed.tarball, '--profile', 'esm-only', '--no-color']);
    expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining('"nestjs-locked/testing"') });
    expect(output).not.toMatch(/resolution failed/i);
  }, 60_000);
});
