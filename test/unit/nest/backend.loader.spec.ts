import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadBackend, withPeers } from '../../../lib/backend.loader.js';

describe('loadBackend', () => {
  it('makes a backend of a URL', async () => {
    expect(await loadBackend('memory:')).toMatchObject({ name: 'memory' });
    const folder = await mkdtemp(join(tmpdir(), 'locks-'));
    const sqlite = await loadBackend(`sqlite:${join(folder, 'locks.db')}`);
    expect(sqlite.name).toBe('sqlite');
    await sqlite.close?.();
    await rm(folder, { recursive: true });
  });

  it.each([
    'redis://user:hunter2@cache/0',
    'rediss://:hunter2@cache',
    'postgres://user:hunter2@db/shop',
    'mysql://user:hunter2@db/shop',
    'mariadb://user:hunter2@db/shop',
    'zookeeper://hunter2@one,two/locks',
    'memory://hunter2',
    'memory:?password=hunter2',
    'sqlite://hunter2@host/locks.db',
    'hunter2',
    '',
    'constructor:hunter2',
    '__proto__:hunter2',
  ])('refuses %p and repeats none of it', async (url) => {
    const error: unknown = await loadBackend(url).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'LOCK_OPTIONS' });
    expect(String((error as Error).stack)).not.toContain('hunter2');
  });

  it('names the stores there are', async () => {
    await expect(loadBackend('redis://cache')).rejects.toThrow('begins with redis:, which is not supported. Known are');
  });
});

describe('withPeers', () => {
  it('says what to install when a package is missing', async () => {
    const name: string = 'no-such-package';
    const missing = () => import(name) as Promise<unknown>;
    await expect(withPeers('sqlite', 'typeorm better-sqlite3', missing)).rejects.toMatchObject({
      code: 'LOCK_OPTIONS',
      message: expect.stringContaining('npm install typeorm better-sqlite3'),
    });
  });

  it('leaves other errors alone', async () => {
    const broken = new Error('broken');
    await expect(withPeers('sqlite', 'typeorm', () => Promise.reject(broken))).rejects.toBe(broken);
  });
});
