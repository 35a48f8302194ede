import { jest } from '@jest/globals';
import { Janitor } from '../../lib/backends/typeorm/janitor.js';
import { LockFile, granted } from './sqlite.lock-file.js';

describe('sqlite: idle rows', () => {
  let file: LockFile;

  beforeEach(async () => {
    file = await LockFile.make();
  });

  afterEach(async () => {
    await file.remove();
  });

  it('are forgotten after a day, slice by slice; rows that are held, kept or young stay', async () => {
    const backend = file.open();
    for (let i = 0; i < 450; i++) await (await granted(backend, { key: `idle ${i}` })).release({ used: 1 });
    await granted(backend, { key: 'held' });
    await (await granted(backend, { key: 'kept' })).release({ used: 1, keepMs: 60_000 });
    await (await granted(backend, { key: 'young' })).release({ used: 1 });
    file.sql("UPDATE nestjs_locked SET last_token = last_token - 86400e6 - 1e6 WHERE name <> 'young'");

    const table = await file.table();
    const ends: (string | undefined)[] = [];
    do ends.push(await table.purge(ends.at(-1) ?? ''));
    while (ends.at(-1) !== undefined);
    await table.close();

    expect(ends).toHaveLength(3);
    expect(file.sql('SELECT name FROM nestjs_locked ORDER BY name').map((row) => row['name'])).toEqual([
      'held',
      'kept',
      'young',
    ]);
  });
});

describe('janitor', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  it('goes through the table, and again an hour later, until it is stopped', async () => {
    const asked: string[] = [];
    const rest: Record<string, string> = { '': 'a', a: 'b' };
    const janitor = new Janitor((after) => {
      asked.push(after);
      return asked.length === 5 ? Promise.reject(new Error('trouble')) : Promise.resolve(rest[after]);
    });
    janitor.start(0);
    await jest.advanceTimersByTimeAsync(10_000);
    expect(asked).toEqual(['', 'a', 'b']);
    await jest.advanceTimersByTimeAsync(3 * 3600_000);
    // The second round met trouble in its second slice; the third comes all the same.
    expect(asked.slice(0, 6)).toEqual(['', 'a', 'b', '', 'a', '']);
    janitor.stop();
    expect(jest.getTimerCount()).toBe(0);
  });
});
