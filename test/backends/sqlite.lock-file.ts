import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import type { AcquireRequest, Hold, LockBackend } from '../../lib/core/backend.js';
import { isBusy } from '../../lib/core/backend.js';
import { sqlite } from '../../lib/backends/typeorm/index.js';
import { SqliteDialect } from '../../lib/backends/typeorm/sqlite/sqlite.dialect.js';
import type { LockTable } from '../../lib/backends/typeorm/lock-table.js';

/** A lock file in a folder of its own, and a look behind the backend's back. */
export class LockFile {
  readonly path: string;
  readonly #opened: LockBackend[] = [];

  private constructor(readonly folder: string) {
    this.path = join(folder, 'locks.db');
  }

  static async make(): Promise<LockFile> {
    return new LockFile(await mkdtemp(join(tmpdir(), 'nestjs-locked-sqlite-')));
  }

  open(): LockBackend {
    const backend = sqlite({ file: this.path });
    this.#opened.push(backend);
    return backend;
  }

  /** Below the backend: the statements, without its policy. */
  table(): Promise<LockTable> {
    return new SqliteDialect({ file: this.path, table: 'nestjs_locked', synchronous: 'normal' }).open();
  }

  count(where: string): number {
    return this.sql(`SELECT count(*) AS n FROM nestjs_locked WHERE ${where}`)[0]?.['n'] as number;
  }

  sql(statement: string): Record<string, unknown>[] {
    const database = new Database(this.path);
    try {
      const prepared = database.prepare<[], Record<string, unknown>>(statement);
      return prepared.reader ? prepared.all() : [{ changes: prepared.run().changes }];
    } finally {
      database.close();
    }
  }

  async purgeAsIfIdle(): Promise<void> {
    // A day passes: the clock is behind no token any more, and every row looks old.
    const last = this.sql('SELECT max(last_token) / 1000 AS ms FROM nestjs_locked')[0]?.['ms'] as number;
    await sleep(Math.max(0, last + 1 - Date.now()));
    this.sql('UPDATE nestjs_locked SET last_token = last_token - 2 * 86400e6 WHERE expires_at = 0');
    const table = await this.table();
    for (let after: string | undefined = ''; after !== undefined;) after = await table.purge(after);
    await table.close();
  }

  async remove(): Promise<void> {
    for (const backend of this.#opened) await backend.close?.();
    await rm(this.folder, { recursive: true, force: true });
  }
}

let owners = 0;

export function request(wish: Partial<AcquireRequest> = {}): AcquireRequest {
  const { signal } = new AbortController();
  const owner = `owner-${owners++}`;
  return { key: 'order', owner, leaseMs: 60_000, turns: 1, mode: 'exclusive', mayWait: false, signal, ...wish };
}

export async function granted(backend: LockBackend, wish?: Partial<AcquireRequest>): Promise<Hold> {
  const answer = await backend.acquire(request(wish));
  if (isBusy(answer)) throw new Error('busy');
  return answer;
}
