import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { Injectable } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import {
  defer,
  firstValueFrom,
  from,
  lastValueFrom,
  NEVER,
  Observable,
  of,
  Subject,
  switchMap,
  take,
  toArray,
} from 'rxjs';
import { currentLease, findCurrentLease, Locked, LockModule, LockService, memory } from 'nestjs-locked';
import { nextRefusal } from './refusal.js';

/** Behind aliases no decorator sees them. */
type Hidden<T> = Observable<T>;
type HiddenPromise<T> = Promise<T>;

@Injectable()
class Feeds {
  readonly source = new Subject<string>();
  calls = 0;

  @Locked('feed:<id>')
  watch(id: string): Observable<string> {
    this.calls++;
    currentLease(`feed:${id}`).assertHeld();
    return this.source;
  }

  @Locked('feed:<id>')
  watchLater(id: string): Promise<Observable<string>> {
    return Promise.resolve(defer(() => of(currentLease(`feed:${id}`).key)));
  }

  @Locked('feed:<id>')
  undeclared(id: string): Hidden<string> {
    return defer(() => of(currentLease(`feed:${id}`).key));
  }

  @Locked('feed:<id>')
  undeclaredPromise(id: string, work?: () => unknown): HiddenPromise<string> {
    work?.();
    return Promise.resolve(currentLease(`feed:${id}`).key);
  }

  @Locked('feed:1', { wait: 0, onBusy: 'skip' })
  skips(): Observable<string> {
    return of('worked');
  }

  @Locked('feed:1', { wait: 0, onBusy: (busy) => busy.code })
  answers(): Observable<string> {
    return of('worked');
  }

  counted = 0;

  @Locked('feed:1')
  counts(): Observable<number> {
    const numbers = function* (this: Feeds): Generator<number> {
      while (this.counted < 1_000) yield this.counted++;
    };
    return from(numbers.call(this));
  }

  @Locked('feed:1')
  fails(): Observable<never> {
    throw new Error('no source');
  }

  @Locked('short', { maxHold: 1 })
  loses(): Observable<never> {
    return NEVER;
  }

  @Locked('short', { maxHold: 1 })
  losesStream(): Promise<Readable> {
    return Promise.resolve(new Readable({ read: () => undefined }));
  }

  @Locked('feed:1')
  stream(): Promise<Readable> {
    return Promise.resolve(Readable.from(['a', 'b']));
  }
}

describe('a @Locked method that returns an Observable', () => {
  let app: TestingModule;
  let feeds: Feeds;
  let locks: LockService;
  const isFree = async (): Promise<boolean> => {
    const lease = await locks.tryAcquire('feed:1');
    await lease?.release();
    return lease !== undefined;
  };
  const untilFree = () => locks.using('feed:1', { wait: '4s' }, () => true);
  /** Subscribes, and waits until there is a lock. */
  const subscribe = async () => {
    const seen: unknown[] = [];
    const before = feeds.calls;
    const subscription = feeds.watch('1').subscribe({
      next: (value) => seen.push(value),
      error: (error: Error) => seen.push(error.message),
      complete: () => seen.push('completed'),
    });
    for (let turn = 0; feeds.calls === before && turn < 1e4; turn++) await Promise.resolve();
    return { seen, subscription };
  };

  beforeEach(async () => {
    const imports = [LockModule.forRoot({ backend: memory() })];
    app = await Test.createTestingModule({ imports, providers: [Feeds] }).compile();
    feeds = app.get(Feeds);
    locks = app.get(LockService);
  });
  afterEach(() => app.close());

  it('takes no lock, and is not called, before it is subscribed to', async () => {
    feeds.watch('1');
    expect(await isFree()).toBe(true);
    expect(feeds.calls).toBe(0);
  });

  it('keeps the lock until completion', async () => {
    const { seen } = await subscribe();
    feeds.source.next('a');
    expect(await isFree()).toBe(false);
    feeds.source.next('b');
    feeds.source.complete();
    await untilFree();
    expect(seen).toEqual(['a', 'b', 'completed']);
    expect(findCurrentLease()).toBeUndefined();
  });

  it('stops a source that emits at once as soon as the subscriber has enough', async () => {
    expect(await lastValueFrom(feeds.counts().pipe(take(3)))).toBe(2);
    await untilFree();
    expect(feeds.counted).toBeLessThan(10);
  });

  it('keeps the lock until an error, and passes it on unchanged', async () => {
    const { seen } = await subscribe();
    expect(await isFree()).toBe(false);
    feeds.source.error(new Error('broken'));
    await untilFree();
    expect(seen).toEqual(['broken']);
    await expect(lastValueFrom(feeds.fails())).rejects.toThrow('no source');
    await untilFree();
  });

  it('keeps the lock until nobody is subscribed, also where the subscriber leaves while it waits', async () => {
    const { seen, subscription } = await subscribe();
    const waiting = feeds.watch('1').subscribe();
    expect(await isFree()).toBe(false);
    const refused = nextRefusal();
    waiting.unsubscribe();
    expect(await refused).toBe('LOCK_ABORTED');
    subscription.unsubscribe();
    await untilFree();
    expect(feeds.source.observed).toBe(false);
    expect(seen).toEqual([]);
    expect(feeds.calls).toBe(1);
  });

  it('takes the lock for each subscription, one after the other', async () => {
    const feed = feeds.watch('1');
    const first = firstValueFrom(feed);
    const second = lastValueFrom(feed.pipe(toArray()));
    const called = async (times: number) => {
      for (let turn = 0; feeds.calls < times && turn < 1e4; turn++) await Promise.resolve();
      expect(feeds.calls).toBe(times);
    };
    await called(1);
    expect(await isFree()).toBe(false);
    feeds.source.next('for the first, which leaves');
    expect(await first).toBe('for the first, which leaves');
    await called(2);
    expect(await isFree()).toBe(false);
    feeds.source.next('for the second');
    feeds.source.complete();
    expect(await second).toEqual(['for the second']);
    await untilFree();
  });

  it('is understood by what is done with it where its type was not declared', async () => {
    const observed = feeds.undeclared('1');
    expect(await lastValueFrom(of(1).pipe(switchMap(() => feeds.undeclared('1'))))).toBe('feed:1');
    expect(await lastValueFrom(observed.pipe(toArray()))).toEqual(['feed:1']);
    expect(await lastValueFrom(await (feeds.undeclared('1') as unknown as Promise<Observable<string>>))).toBe('feed:1');
    expect(await feeds.undeclaredPromise('1')).toBe('feed:1');
    let ran = false;
    void feeds.undeclaredPromise('2', () => (ran = true));
    await locks.using('feed:2', () => undefined);
    expect(ran).toBe(true);
  });

  it('locks each subscription to an Observable that comes in a Promise', async () => {
    const later = await feeds.watchLater('1');
    expect(await isFree()).toBe(true);
    expect(await lastValueFrom(later)).toBe('feed:1');
    await untilFree();
  });

  it('completes empty, or with the answer, when the key stays taken', async () => {
    const lease = await locks.acquire('feed:1');
    expect(await lastValueFrom(feeds.skips(), { defaultValue: 'nothing' })).toBe('nothing');
    expect(await lastValueFrom(feeds.answers())).toBe('LOCK_BUSY');
    await lease.release();
    expect(await lastValueFrom(feeds.skips())).toBe('worked');
  });

  it('is stopped when its lease is lost', async () => {
    await expect(lastValueFrom(feeds.loses())).rejects.toMatchObject({ code: 'LOCK_LOST', reason: 'maxHold' });
  });

  it('keeps the lock for a stream that comes in a Promise, and destroys it when the lease is lost', async () => {
    const stream = await feeds.stream();
    expect(await isFree()).toBe(false);
    expect(await stream.toArray()).toEqual(['a', 'b']);
    await untilFree();
    await expect(finished(await feeds.losesStream())).rejects.toMatchObject({ code: 'LOCK_LOST' });
  });
});
