import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { inspect } from 'node:util';
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
    'memcached://user:hunter2@cache/0',
    'redis+unix://:hunter2@cache',
    'redis://user:hunter2@cache/shop',
    'rediss+sentinel://:hunter2@cache',
    'redis+cluster://user:hunter2@cache/0',
    'postgres://user:hunter2@db',
    'postgres://user:hunter2@db/shop?tabel=x',
    'postgres://user:hunter2@db:port/shop',
    'mysql://user:%hunter2@db/shop',
    'mariadb://user:hunter2@db/shop?schema=x',
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
    expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain('hunter2');
  });

  it('names the stores there are', async () => {
    const refused = loadBackend('memcached://cache');
    await expect(refused).rejects.toThrow(
      'begins with memcached:, which is not supported. Known are memory:, sqlite:, postgres:',
    );
  });

  it.each(['redis', 'rediss', 'redis+sentinel', 'redis+cluster'])(
    'loads %s:// and connects to nothing',
    async (scheme) => {
      const server = createServer((socket) => socket.destroy());
      let connections = 0;
      server.on('connection', () => connections++);
      await once(server.listen(0, '127.0.0.1'), 'listening');
      const { port } = server.address() as AddressInfo;
      const path = scheme.endsWith('sentinel') ? '/shop' : '';
      const backend = await loadBackend(`${scheme}://127.0.0.1:${String(port)}${path}`);
      expect(backend.name).toBe('redis');
      await setImmediate();
      // Connections are accepted in the order in which they were opened: one of the backend's would be counted before ours.
      const ours = connect(port, '127.0.0.1');
      await once(ours, 'close');
      expect(connections).toBe(1);
      await backend.close?.();
      server.close();
    },
  );
});

describe('withPeers', () => {
  it('says what to install when a package is missing', async () => {
    const name: string = 'no-such-package';
    const missing = () => import(name) as Promise<unknown>;
    await expect(withPeers('backend', 'begins with sqlite:', 'typeorm better-sqlite3', missing)).rejects.toMatchObject({
      code: 'LOCK_OPTIONS',
      message: expect.stringContaining('npm install typeorm better-sqlite3'),
    });
  });

  it('leaves other errors alone', async () => {
    const broken = new Error('broken');
    await expect(withPeers('backend', 'begins with sqlite:', 'typeorm', () => Promise.reject(broken))).rejects.toBe(
      broken,
    );
  });
});
