import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { locate } from './programs.js';

describe('locate', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nestjs-locked-programs-'));
    for (const version of ['9', '16', '15']) {
      await mkdir(join(folder, version, 'bin'), { recursive: true });
      await writeFile(join(folder, version, 'bin', 'initdb'), '', { mode: 0o755 });
    }
    await writeFile(join(folder, '16', 'bin', 'notes'), '', { mode: 0o644 });
  });

  afterAll(() => rm(folder, { recursive: true }));

  it('takes the highest version of what is not on the PATH', () => {
    const highest = join(folder, '16', 'bin', 'initdb');
    expect(locate('initdb', { PATH: '' }, [join(folder, '*', 'bin')])).toBe(highest);
    expect(locate('initdb', {}, [join(folder, 'nowhere', '*', 'bin'), join(folder, '16', 'bin')])).toBe(highest);
  });

  it('takes first what is on the PATH', () => {
    const onPath = join(folder, '9', 'bin');
    expect(locate('initdb', { PATH: onPath }, [join(folder, '*', 'bin')])).toBe(join(onPath, 'initdb'));
  });

  it('takes nothing that cannot be run', () => {
    expect(locate('notes', { PATH: '' }, [join(folder, '*', 'bin')])).toBeUndefined();
  });
});
