import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { LockFile } from '../backends/sqlite.lock-file.js';

const execute = promisify(execFile);

/** F48: the write that fails is the COMMIT, after the row was seen: a grant counts only when the COMMIT has answered. */
describe('sqlite: nothing can be written any more', () => {
  it('is trouble, not a grant: every grant that was told is in the file', async () => {
    const file = await LockFile.make();
    const limited = `trap '' XFSZ; ulimit -f 200; exec "$0" "$@"`;
    const child = ['test/faults/sqlite-full.child.mjs', file.path];
    const { stdout } = await execute('/bin/sh', ['-c', limited, process.execPath, ...child], { env: {} });
    const { granted, error } = JSON.parse(stdout) as { granted: string[]; error: unknown };

    expect(error).toMatchObject({ code: 'LOCK_BACKEND', transient: false });
    expect(granted.length).toBeGreaterThan(10);
    const kept = new Set(file.sql('SELECT name FROM nestjs_locked').map((row) => row['name']));
    expect(granted.filter((key) => !kept.has(key))).toEqual([]);
    await file.remove();
  }, 30_000);
});
