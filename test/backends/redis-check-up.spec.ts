import { readFile } from 'node:fs/promises';
import { redis, type RedisLockOptions } from '../../lib/backends/redis/index.js';
import { LockBackendError } from '../../lib/core/index.js';
import { LEAST_RIGHTS } from '../support/least-rights.js';
import { type RedisServer, startRedis } from '../support/redis-server.js';

/** Pings once, as LockModule does at boot. */
async function pinged(
  url: string,
  options: Partial<RedisLockOptions> = {},
): Promise<{ warnings: string[]; error: unknown }> {
  const warnings: string[] = [];
  const backend = redis({
    url,
    ...options,
    onWarning: (warning: string) => warnings.push(warning),
  });
  try {
    const error = await backend.ping().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    return { warnings, error };
  } finally {
    await backend.close?.();
  }
}

describe('the check-up of a Redis at boot', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
  }, 120_000);
  afterAll(() => server.stop());

  it('finds nothing wrong with a server that is set up for locks, and leaves nothing but a token floor', async () => {
    expect(await pinged(server.url, { strict: true })).toEqual({ warnings: [], error: undefined });
    const keys = await server.administer((admin) => admin.keys('*'));
    expect(keys).toEqual([expect.stringContaining('floor')]);
  });

  it('warns of a server that evicts, and refuses it when strict', async () => {
    await server.administer((admin) => admin.config('SET', 'maxmemory-policy', 'allkeys-lru'));
    expect(await pinged(server.url, { strict: true })).toEqual({ warnings: [], error: undefined });
    await server.administer((admin) => admin.config('SET', 'maxmemory', '100mb'));
    const { warnings, error } = await pinged(server.url);
    expect([warnings, error]).toEqual([[expect.stringContaining('allkeys-lru')], undefined]);
    const strict = await pinged(server.url, { strict: true });
    expect(strict.error).toMatchObject({ code: 'LOCK_BACKEND', outcome: 'not-applied', transient: false });
    await server.administer((admin) => admin.config('SET', 'maxmemory-policy', 'noeviction'));
    await server.administer((admin) => admin.config('SET', 'maxmemory', '0'));
  });

  it.each(['zadd', 'hset', 'publish', 'pexpire', 'time'])(
    'names the command that the user may not run: %s',
    async (command) => {
      await server.administer((admin) => admin.call('ACL', 'SETUSER', 'locker', `-${command}`));
      const { error } = await pinged(server.url);
      await server.administer((admin) => admin.call('ACL', 'SETUSER', 'locker', `+${command}`));
      if (command === 'publish') {
        // Without it waiters look by themselves: slower, and no reason not to start.
        expect(error).toBeUndefined();
        return;
      }
      expect(error).toBeInstanceOf(LockBackendError);
      expect((error as Error).message).toContain(command);
    },
  );

  it('needs the rights that SECURITY.md lists, and no others', async () => {
    const documented = (await readFile('SECURITY.md', 'utf8')).match(/(?<=[\s`])[+~&-]@?[a-z][a-z:*|-]*(?=[\s`])/g);
    expect(new Set(documented)).toEqual(new Set([...LEAST_RIGHTS, '~lock:shop:*', '~nestjs-locked:*lock:shop:*']));
  });

  it('is content with a user whose rights end at its namespace', async () => {
    await server.administer((admin) =>
      admin.call('ACL', 'SETUSER', 'tenant', 'on', '>pw', '~lock:shop:*', '~nestjs-locked:*lock:shop:*', '&*', '+@all'),
    );
    const tenant = new URL(server.url);
    [tenant.username, tenant.password] = ['tenant', 'pw'];
    expect((await pinged(tenant.href)).error).toBeUndefined();
  });

  it('refuses a database that is not there, instead of using another one', async () => {
    expect((await pinged(`${server.url}/99`)).error).toMatchObject({ code: 'LOCK_BACKEND', outcome: 'not-applied' });
  });

  it('tells the log, and not callers, where nobody answers', async () => {
    const { error } = await pinged('redis://user:canary-secret@127.0.0.1:1');
    const { message, cause } = error as LockBackendError;
    expect([message, String(cause)]).toEqual([
      expect.not.stringContaining('127'),
      expect.stringContaining('127.0.0.1:1'),
    ]);
    expect(`${message} ${String(cause)}`).not.toContain('canary');
  });

  it('says that credentials are wrong, without repeating them', async () => {
    const wrong = new URL(server.url);
    wrong.password = 'canary-secret';
    const { error } = await pinged(wrong.href);
    expect(error).toBeInstanceOf(LockBackendError);
    const { stack, cause } = error as LockBackendError;
    expect(`${String(stack)} ${JSON.stringify(error)} ${String(cause)}`).not.toContain('canary-secret');
  });
});
