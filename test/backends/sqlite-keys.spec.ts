import { HOSTILE_KEYS } from '../../lib/testing/backend-suite.keys.js';
import { LockFile, granted, request } from './sqlite.lock-file.js';

const COUNT = 10_000;

/** Every hostile key, and joined ones that begin, end or fold alike, until there are enough of them. */
function hostileKeys(): string[] {
  const short = HOSTILE_KEYS.filter((key) => Buffer.byteLength(key) < 200);
  const keys = new Set(HOSTILE_KEYS);
  for (const joint of ['', ':', ' ', '\u0301', '/']) {
    for (const head of short) {
      for (const tail of short) {
        if (keys.size === COUNT) return [...keys];
        keys.add(head + joint + tail);
      }
    }
  }
  throw new Error(`only ${keys.size} keys`);
}

describe('sqlite: hostile keys', () => {
  it(`${COUNT} of them do not collide`, async () => {
    const file = await LockFile.make();
    const [one, two] = [file.open(), file.open()];
    const keys = hostileKeys();
    for (const key of keys) await granted(one, { key });
    expect(file.count('owner IS NOT NULL')).toBe(COUNT);
    expect(new Set(file.sql('SELECT name FROM nestjs_locked').map((row) => row['name']))).toEqual(new Set(keys));
    for (const key of keys) expect(await two.acquire(request({ key }))).toMatchObject({ busy: true });
    await file.remove();
  }, 60_000);
});
