import { finished, type Readable } from 'node:stream';
import { StreamableFile } from '@nestjs/common';
import { from, isObservable, Observable, Subject, takeUntil } from 'rxjs';
import type { Held } from './lock.rule.js';

/** Does `work` under the lock; settles with its result when the lock is given back. */
export type UnderLock = (work: (held: Held) => unknown, signal?: AbortSignal) => Promise<unknown>;

/**
 * For methods that return a Promise. A stream is handed out at once and keeps the lock until it has ended, and an
 * Observable takes the lock again for each subscription.
 */
export function untilSettled(underLock: UnderLock, work: () => unknown, stopsWhenLost: boolean): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const whole = underLock(async (held) => {
      const result = await work();
      if (isObservable(result)) return whileSubscribed(underLock, () => result, { stopsWhenLost });
      const stream = streamOf(result);
      if (stream) {
        resolve(result);
        await ended(stream, stopsWhenLost ? held.signal : undefined);
      }
      return result;
    });
    whole.then(resolve, reject);
  });
}

const DONE = Symbol('done');

interface Subscription {
  readonly stopsWhenLost: boolean;
  /** The Observable may stand for a method at work: unless it has shown a value, unsubscribing does not end it. */
  readonly mayBeWork?: boolean;
}

/**
 * For methods that return an Observable: each subscription takes the lock, and keeps it until completion, error or
 * unsubscription.
 */
export function whileSubscribed(
  underLock: UnderLock,
  source: () => unknown,
  { stopsWhenLost, mayBeWork = false }: Subscription,
): Observable<unknown> {
  return new Observable((subscriber) => {
    const left = new AbortController();
    subscriber.add(() => {
      left.abort(new Error('The subscriber has left.'));
    });
    const work = (held: Held) =>
      new Promise((resolve, reject) => {
        const streams: Promise<void>[] = [];
        const stop = new Subject<void>();
        let completed = false;
        let stopped = false;
        const done = () => {
          resolve(DONE);
        };
        const stopSource = () => {
          stopped = true;
          stop.next();
        };
        // The subscriber may have left while the grant was under way.
        if (subscriber.closed) {
          done();
          return;
        }
        const result = source();
        let isWork = mayBeWork || !isObservable(result);
        const observable = isObservable(result) ? result : from(Promise.resolve(result));
        // Before it is subscribed to: a source that emits at once must hear at once that nobody listens any more.
        subscriber.add(() => {
          if (isWork) return;
          stopSource();
          if (!completed) done();
        });
        if (stopsWhenLost) {
          const forget = onAbort(held.signal, (reason) => {
            stopSource();
            reject(reason);
          });
          subscriber.add(forget);
        }
        observable.pipe(takeUntil(stop)).subscribe({
          next(value) {
            isWork = false;
            const stream = streamOf(value);
            if (subscriber.closed) {
              stream?.destroy();
              stopSource();
              done();
              return;
            }
            if (stream) streams.push(ended(stream, stopsWhenLost ? held.signal : undefined));
            subscriber.next(value);
          },
          error: reject,
          complete() {
            if (stopped) return;
            completed = true;
            if (streams.length === 0) {
              done();
            } else {
              // Whoever reads the streams waits for this first.
              subscriber.complete();
              void Promise.all(streams).then(done);
            }
          },
        });
      });
    underLock(work, left.signal).then(
      (answer) => {
        // What onBusy answers instead.
        if (answer !== DONE && answer !== undefined) subscriber.next(answer);
        subscriber.complete();
      },
      (error: unknown) => {
        subscriber.error(error);
      },
    );
  });
}

function streamOf(result: unknown): Readable | undefined {
  if (result instanceof StreamableFile) return result.getStream();
  const stream = result as Partial<Readable> | null | undefined;
  if (typeof stream !== 'object' || stream === null) return undefined;
  return typeof stream.pipe === 'function' && typeof stream.read === 'function' ? (stream as Readable) : undefined;
}

/** Settles when nobody reads from the stream any more; a lost lease destroys it. */
function ended(stream: Readable, lost: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const forget = lost ? onAbort(lost, (reason) => stream.destroy(reason)) : undefined;
    finished(stream, { writable: false }, () => {
      forget?.();
      resolve();
    });
  });
}

/** @returns takes the listener off again: work that joined a lease may end long before it */
function onAbort(signal: AbortSignal, act: (reason: Error) => void): () => void {
  const aborted = () => {
    act(signal.reason as Error);
  };
  if (signal.aborted) aborted();
  else signal.addEventListener('abort', aborted);
  return () => {
    signal.removeEventListener('abort', aborted);
  };
}
