import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { type AcquireRequest, isBusy, type LockBackend } from '../../lib/core/backend.js';
import { sqlite } from '../../lib/backends/typeorm/index.js';

const request: AcquireRequest = {
  ...{ key: 'k', owner: 'o', leaseMs: 10_000, turns: 1, mode: 'exclusive', mayWait: false },
  signal: new AbortController().signal,
};

describe('sqlite: close()', () => {
  let folder: string;
  let file: string;
  let backend: LockBackend;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nestjs-locked-close-'));
    file = join(folder, 'locks.db');
    backend = sqlite({ file });
  });

  afterEach(async () => {
    await backend.close?.();
    await rm(folder, { recursive: true, force: true });
  });

  it('ends what is under way: nothing is granted after it, and nothing opens the file again', async () => {
    await backend.ping();
    const foreign = new Database(file);
    try {
      foreign.exec('BEGIN IMMEDIATE');
      const acquiring = backend.acquire(request);
      await backend.close?.();
      foreign.exec('ROLLBACK');
      await expect(acquiring).rejects.toMatchObject({ code: 'LOCK_BACKEND', outcome: 'not-applied' });
      // A later call may open it again, and finds the key free.
      const later = await backend.acquire({ ...request, owner: 'later' });
      expect(isBusy(later)).toBe(false);
    } finally {
      foreign.close();
    }
  });

  it('refuses what waited while the file was opened', async () => {
    const acquiring = expect(backend.acquire(request)).rejects.toMatchObject({ outcome: 'not-applied' });
    await backend.close?.();
    await acquiring;
  });
});
