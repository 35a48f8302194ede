import { readdirSync, readFileSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { WakeFiles } from '../../lib/backends/typeorm/sqlite/wake-files.js';
import { Contender } from '../support/contender.js';
import { withSchedulerDelay } from '../support/scheduler-delay.js';
import { LockFile, granted, request } from './sqlite.lock-file.js';

let file: LockFile;

beforeEach(async () => {
  file = await LockFile.make();
});

afterEach(async () => {
  await file.remove();
});

describe('sqlite: waiters are woken', () => {
  const ROUNDS = 200;

  it(`between two processes, whenever the release comes, ${ROUNDS} times`, async () => {
    const [holder, waiter] = await Promise.all([
      Contender.start(`sqlite:${file.path}`),
      Contender.start(`sqlite:${file.path}`),
    ]);
    const waited: number[] = [];
    const { delayMs } = await withSchedulerDelay(async () => {
      for (let round = 0; round < ROUNDS; round++) {
        await holder.acquire('order', { lease: 60_000, wait: 5_000 });
        const waiting = waiter.acquire('order', { lease: 60_000, wait: 5_000 });
        // Before the waiter's attempt, between it and the word of waiting, after both.
        await sleep((round % 8) / 2);
        await holder.release();
        const released = performance.now();
        await waiting;
        waited.push(performance.now() - released);
        await waiter.release();
      }
    });
    await Promise.all([holder.kill(), waiter.kill()]);
    // A waiter that is not told looks by itself after a second, no sooner than 750 ms.
    expect(Math.max(...waited)).toBeLessThan(500 + delayMs);
  }, 60_000);

  it('leaves word once, and who gave back a wanted key lets the others have it first', async () => {
    const [one, two] = [file.open(), file.open()];
    let handed = 0;
    for (let round = 0; round < 40; round++) {
      const hold = await granted(one);
      const next = two.freed?.('order', new AbortController().signal).then(() => granted(two));
      while (file.count('wanted_until > 0') === 0) await sleep(1);
      await hold.release({ used: 1 });
      const again = await one.acquire(request());
      if ('busy' in again) {
        handed++;
        await (await next)?.release({ used: 1 });
      } else {
        await again.release({ used: 1 });
        await next?.then((other) => other.release({ used: 1 })).catch(() => undefined);
      }
      file.sql('UPDATE nestjs_locked SET wanted_until = 0');
    }
    // Without standing back the releaser, who is there already, wins every time.
    expect(handed).toBeGreaterThan(20);
  });

  it('does not stand back for nobody, nor when nobody cares any more', async () => {
    const backend = file.open();
    const hold = await granted(backend);
    await hold.release({ used: 1 });
    const unwanted = await inThisTurn(() => granted(backend));
    expect(unwanted.inTime).toBe(true);

    file.sql("UPDATE nestjs_locked SET wanted_until = unixepoch('subsec') * 1000 + 60000");
    await unwanted.result.release({ used: 1 });
    const wanted = await inThisTurn(() => granted(backend, { signal: AbortSignal.abort() }));
    expect(wanted.inTime).toBe(true);
  });

  it('a word of waiting lives on when a lease ran out: nobody was told', async () => {
    const [one, two] = [file.open(), file.open()];
    await granted(one, { leaseMs: 50 });
    file.sql("UPDATE nestjs_locked SET wanted_until = unixepoch('subsec') * 1000 + 60000");
    await sleep(60);
    await granted(two);
    expect(file.count("wanted_until > unixepoch('subsec') * 1000 + 30000")).toBe(1);
  });
});

describe('sqlite: wake files', () => {
  let [ours, theirs]: WakeFiles[] = [];

  beforeEach(() => {
    ours = new WakeFiles(`${file.path}-wake`);
    theirs = new WakeFiles(`${file.path}-wake`);
  });

  afterEach(() => {
    ours?.close();
    theirs?.close();
  });

  it('wake who waits for this key, and nobody else', async () => {
    const woken: string[] = [];
    const listener = ours!.listen('other', () => woken.push('other'));
    for (let round = 0; round < 20; round++)
      await heard('order', () => {
        theirs!.tell('order');
      });
    expect(woken).toEqual([]);
    listener.close();
  });

  it('have one watch however many wait, and none when nobody waits', async () => {
    const before = watches();
    const listeners = Array.from({ length: 50 }, (_, i) => ours!.listen(`key ${i}`, () => undefined));
    expect(watches()).toBe(before + 1);
    for (const listener of listeners) listener.close();
    for (let tries = 0; tries < 100 && watches() > before; tries++) await sleep(20);
    expect(watches()).toBe(before);
  });

  it('are made again when somebody removed their folder', async () => {
    await heard('order', () => {
      theirs!.tell('order');
    });
    await heard('order', () => rename(`${file.path}-wake`, `${file.path}-gone`));
    await heard('order', () => {
      theirs!.tell('order');
    });
  });

  it('say when they cannot be had, so that waiters look by themselves', () => {
    const nowhere = new WakeFiles(`${file.path}\0`);
    expect(nowhere.listen('order', () => undefined).hears).toBe(false);
    expect(() => {
      nowhere.tell('order');
    }).not.toThrow();
    nowhere.close();
  });

  function heard(key: string, tell: () => unknown): Promise<void> {
    return new Promise((resolve) => {
      const listener = ours!.listen(key, () => {
        listener.close();
        resolve();
      });
      expect(listener.hears).toBe(true);
      void tell();
    });
  }
});

/** Watches of this process, by the kernel's own count. */
function watches(): number {
  const files = readdirSync('/proc/self/fdinfo').map((fd) => {
    try {
      return readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8');
    } catch {
      return '';
    }
  });
  return files.join('\n').split('inotify wd:').length - 1;
}

/** Whether the work is done before the event loop goes round: it waited for no timer. */
async function inThisTurn<T>(work: () => Promise<T>): Promise<{ result: T; inTime: boolean }> {
  let wentRound = false;
  setImmediate(() => (wentRound = true));
  const result = await work();
  return { result, inTime: !wentRound };
}
