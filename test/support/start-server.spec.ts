import { createConnection } from 'node:net';
import { once } from 'node:events';
import { Redis } from 'ioredis';
import { startServer, type Server } from './start-server.js';
import { withSql } from './with-sql.js';

describe('startServer', () => {
  let server: Server;

  beforeAll(async () => {
    server = await startServer('redis');
  }, 300_000);

  afterAll(() => server.stop());

  it('gives each spec a Redis of its own on the loopback interface', async () => {
    const other = await startServer('redis');
    const [ours, theirs] = [new Redis(server.url), new Redis(other.url)];
    try {
      expect(await ours.ping()).toBe('PONG');
      await ours.set('key', 'ours');
      expect(await theirs.get('key')).toBeNull();
      expect(await theirs.config('GET', 'bind')).toEqual(['bind', '127.0.0.1']);
    } finally {
      ours.disconnect();
      theirs.disconnect();
      await other.stop();
    }
  });

  it.each(['postgres', 'mariadb'] as const)('gives a %s with a database in which tables can be made', async (name) => {
    const { url, stop } = await startServer(name);
    try {
      await withSql(url, async (query) => {
        await query('CREATE TABLE held (name VARCHAR(9))');
        expect(await query('SELECT * FROM held')).toEqual([]);
      });
    } finally {
      await stop();
    }
  });

  it('ends the server that it started', async () => {
    const other = await startServer('redis');
    await other.stop();
    const socket = createConnection(Number(new URL(other.url).port), '127.0.0.1');
    const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNREFUSED');
  });

  it('takes the server that the environment names, and does not end it', async () => {
    const given = await startServer('redis', { LOCKED_REDIS_URL: server.url });
    await given.stop();
    const client = new Redis(given.url);
    expect(await client.ping()).toBe('PONG');
    client.disconnect();
  });

  it('fails with what to install where there is no way to a server', async () => {
    await expect(startServer('redis', { PATH: '', LOCKED_NO_APT: '1' })).rejects.toThrow(
      'apt-get install redis-server',
    );
  });
});
