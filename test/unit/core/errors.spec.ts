import { inspect } from 'node:util';
import * as core from '../../../lib/core/index.js';
import { isLockError, type LockError } from '../../../lib/core/index.js';

const where = { key: 'shop:order:42', backend: 'memory', cause: new Error('hunter2') };
const holder = { description: 'host-7', since: new Date(0) };
const ALL: readonly LockError[] = [
  new core.LockBusyError({ ...where, remainingMs: 5, holder }),
  new core.LockTimeoutError(12.3, where),
  new core.LockAbortedError(where),
  new core.LockLostError('expired', { ...where, completed: true, result: 10n }),
  new core.LockBackendError('The store is down.', { ...where, outcome: 'unknown' }),
  new core.LockQuotaError('callers waiting', 5, where),
  new core.LockKeyError('A key must not be empty.', where),
  new core.LockOptionsError('wait', 'is bad.', where),
  new core.LockUsageError('Wrong call.', where),
  new core.LockNotBoundError('Not bound.', where),
  new core.LockShutdownError(where),
  new core.StaleTokenError(where),
];

describe('errors', () => {
  test.each(ALL.map((error) => [error.constructor.name, error] as const))('%s', (name, error) => {
    expect(error).toBeInstanceOf(core.LockError);
    expect([error.name, isLockError(error), error.expose]).toEqual([name, true, false]);
    expect(error.code).toMatch(/^LOCK_[A-Z_]+$/);
    expect(error.status).toBeGreaterThanOrEqual(400);
    expect(error).toMatchObject(where);
    // For logs: the stack's first line; for clients: neither message, text nor JSON.
    expect(error.stack?.split('\n')[0]).toBe(`${name}: ${error.message} [key "shop:order:42", store memory]`);
    for (const shown of [error.message, String(error), JSON.stringify(error), JSON.stringify({ error })]) {
      expect(shown).not.toMatch(/order:42|host-7|hunter2|result/);
    }
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      name,
      code: error.code,
      message: error.message,
      status: error.status,
    });
    expect(inspect(error)).not.toContain('host-7');
    expect(Object.keys(error)).not.toEqual(expect.arrayContaining(['holder', 'result', 'cause', 'message']));
  });

  test('codes are distinct, and every error class is in the list above', () => {
    expect(new Set(ALL.map((error) => error.code)).size).toBe(ALL.length);
    const classes = Object.entries(core).filter(([name]) => name.endsWith('Error') && name !== 'LockError');
    const exported = classes.map(([name]) => name).filter((name) => name !== 'isLockError');
    expect(ALL.map((error) => error.name).sort()).toEqual(exported.sort());
  });

  test('what only code may see is there', () => {
    const [busy, , , lost] = ALL;
    expect(busy).toMatchObject({ holder, remainingMs: 5 });
    expect(lost).toMatchObject({ reason: 'expired', completed: true, result: 10n });
  });

  test('the brand is known across two copies of the package, and nothing else passes for it', () => {
    const foreign = Object.assign(new Error('x'), { [Symbol.for('nestjs-locked.LockError')]: true });
    expect(isLockError(foreign)).toBe(true);
    for (const other of [new Error('x'), undefined, null, 'LockError', { code: 'LOCK_BUSY' }, 5]) {
      expect(isLockError(other)).toBe(false);
    }
  });

  test('a key in the stack cannot forge a line of a log', () => {
    const error = new core.LockBusyError({ key: 'a\nERROR admin logged in', backend: 'memory' });
    expect(error.stack?.split('\n')[0]).toContain('a\\nERROR');
  });
});
