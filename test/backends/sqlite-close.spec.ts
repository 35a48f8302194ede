import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { isBusy } from '../../lib/core/backend.js';
import { sqlite } from '../../lib/backends/typeorm/index.js';

describe('sqlite: close()', () => {
  it('ends what is under way: nothing is granted after it, and nothing opens the file again', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'nestjs-locked-close-'));
    const file = join(folder, 'locks.db');
    const backend = sqlite({ file });
    await backend.ping();
    const foreign = new Database(file);
    try {
      foreign.exec('BEGIN IMMEDIATE');
      const { signal } = new AbortController();
      const request = {
        key: 'k',
        owner: 'o',
        leaseMs: 10_000,
        turns: 1,
        mode: 'exclusive',
        mayWait: false,
        signal,
      } as const;
      const acquiring = backend.acquire(request);
      await backend.close?.();
      foreign.exec('ROLLBACK');
      await expect(acquiring).rejects.toMatchObject({ code: 'LOCK_BACKEND', outcome: 'not-applied' });
      // A later call may open it again, and finds the key free.
      const later = await backend.acquire({ ...request, owner: 'later' });
      expect(isBusy(later)).toBe(false);
    } finally {
      foreign.close();
      await backend.close?.();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
