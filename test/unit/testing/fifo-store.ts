import { type AcquireRequest, type Busy, type Hold, isBusy, type LockBackend } from '../../../lib/core/backend.js';
import { freed } from './fault.js';

interface Place {
  readonly request: AcquireRequest;
  settle(answer: Hold | Busy): void;
}

/** A store that does not wait, with a queue before it: first come, first served. */
export class FifoStore implements LockBackend {
  readonly name: string;
  readonly waits = true;
  readonly maxTurns: number;
  /** Of all keys, in the order of asking. */
  readonly #places = new Set<Place>();
  readonly #alarms = new Map<string, NodeJS.Timeout>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(private readonly store: LockBackend) {
    this.name = store.name;
    this.maxTurns = store.maxTurns;
  }

  acquire(request: AcquireRequest): Promise<Hold | Busy> {
    return new Promise((settle, fail) => {
      const ask = async (): Promise<void> => {
        // Who waits comes first, also when the lease has ended and the alarm has not rung yet.
        await this.#serve(request.key);
        const answer = await this.#try(request);
        if (!isBusy(answer) || !request.mayWait || request.signal.aborted) settle(answer);
        else this.#queue(request, settle, answer);
      };
      this.#alone(ask).catch(fail);
    });
  }

  freed(key: string, signal: AbortSignal): Promise<void> {
    return freed(this.store, key, signal);
  }

  abandon(key: string, owner: string): Promise<void> {
    return this.#alone(async () => {
      for (const place of this.placesOf(key)) if (place.request.owner === owner) place.settle({ busy: true });
      await this.store.abandon(key, owner);
      await this.#serve(key);
    });
  }

  ping(): Promise<void> {
    return this.store.ping();
  }

  /** In the order in which they are served. */
  protected placesOf(key: string): Place[] {
    return [...this.#places].filter(({ request }) => request.key === key);
  }

  #queue(request: AcquireRequest, answer: Place['settle'], { remainingMs }: Busy): void {
    // In its turn: a release that was sent before may grant the key to who gives up.
    const leave = (): void => {
      void this.#alone(() => {
        place.settle({ busy: true });
      });
    };
    const place: Place = {
      request,
      settle: (settled) => {
        request.signal.removeEventListener('abort', leave);
        this.#places.delete(place);
        answer(settled);
      },
    };
    this.#places.add(place);
    request.signal.addEventListener('abort', leave);
    this.#serveIn(request.key, remainingMs);
    request.onQueued?.();
  }

  /** Tries for all who wait, not for the first alone: a repeated request has several places, and one grant. */
  async #serve(key: string): Promise<void> {
    for (const place of this.placesOf(key)) {
      const answer = await this.#try(place.request);
      if (isBusy(answer)) this.#serveIn(key, answer.remainingMs);
      else place.settle(answer);
    }
  }

  #serveIn(key: string, remainingMs: number | undefined): void {
    clearTimeout(this.#alarms.get(key));
    this.#alarms.delete(key);
    if (remainingMs === undefined) return;
    const ring = (): void => {
      this.#alarms.delete(key);
      void this.#alone(() => this.#serve(key));
    };
    this.#alarms.set(key, setTimeout(ring, Math.ceil(remainingMs)).unref());
  }

  async #try(request: AcquireRequest): Promise<Hold | Busy> {
    const answer = await this.store.acquire(request);
    if (isBusy(answer)) return answer;
    const release: Hold['release'] = (how) =>
      this.#alone(async () => {
        const released = await answer.release(how);
        await this.#serve(request.key);
        return released;
      });
    return { ...answer, release };
  }

  /** One after another, as they were asked for. */
  #alone<T>(work: () => T | Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }
}
