import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { type AcquireRequest, type Busy, isBusy, type LockBackend } from '../../../lib/core/backend.js';
import { deadlineOf } from '../../../lib/core/deadline.js';
import { clients, type Fault, type Faults, granting, holds, renew } from './fault.js';
import { FifoStore } from './fifo-store.js';

/** A store that queues, sound but for what changes. */
function queueing(changes: (queue: LockBackend, store: LockBackend) => Partial<LockBackend>): Fault {
  return (sound) => clients((queue) => changes(queue, sound))(new FifoStore(sound));
}

/** A sound queue before a faulty store. */
function queueBefore(fault: Fault): Fault {
  return (sound) => {
    const queue = new FifoStore(fault(sound)());
    return () => queue;
  };
}

/** A store that queues, and tells of places in its own way. */
function telling(onQueued: (request: AcquireRequest) => void): Fault {
  return queueing((queue) => ({
    acquire: (request) =>
      queue.acquire({
        ...request,
        onQueued: () => {
          onQueued(request);
        },
      }),
  }));
}

class Stack extends FifoStore {
  protected override placesOf(key: string): ReturnType<FifoStore['placesOf']> {
    return super.placesOf(key).reverse();
  }
}

async function givenUp(signal: AbortSignal): Promise<Busy> {
  await once(signal, 'abort');
  return { busy: true };
}

export const queueFaults: Faults = {
  'every client has a queue of its own': {
    fault: (sound) => () => new FifoStore(sound),
    rules: ['a release grants the key to who waits', 'the key goes round in the order of asking, over all clients'],
  },
  'who came last is served first': {
    fault: (sound) => {
      const stack = new Stack(sound);
      return () => stack;
    },
    rules: ['the key goes round in the order of asking, over all clients'],
  },
  'who asks passes who waits': {
    fault: queueing((queue, store) => ({
      acquire: async (request) => {
        const { key, owner } = request;
        const answer = await store.acquire(request);
        if (isBusy(answer)) return queue.acquire(request);
        // An abandon of nothing has the queue look at the key: only now, when others may have taken it.
        return { ...answer, release: (how) => answer.release(how).finally(() => queue.abandon(key, owner)) };
      },
    })),
    rules: ['who releases and asks again stands behind who waited'],
  },
  'who gives up keeps its place': {
    fault: queueing((queue) => ({
      acquire: (request) => {
        const { signal } = new AbortController();
        return Promise.race([queue.acquire({ ...request, signal }), givenUp(request.signal)]);
      },
    })),
    rules: ['who gives up is passed over'],
  },
  'who gives up forgets the grant that is under way': {
    fault: queueing((queue) => ({
      acquire: async (request) => {
        const answer = await queue.acquire(request);
        return request.signal.aborted ? { busy: true } : answer;
      },
    })),
    rules: ['a grant that crosses with giving up goes to the next'],
  },
  'abandon takes back what is held, and no place': {
    fault: queueing((_, store) => ({ abandon: (key, owner) => store.abandon(key, owner) })),
    rules: ['abandon takes back a place in the queue'],
  },
  'who waits hears of releases, and of no end': {
    fault: queueBefore(
      clients((sound) => ({
        acquire: async (request) => {
          const answer = await sound.acquire(request);
          return isBusy(answer) ? { busy: true } : answer;
        },
      })),
    ),
    rules: [
      'an expired key goes to who waits, and not before its end',
      'a key that was kept goes to who waits when it is free',
    ],
  },
  'who waits is granted a lease that still runs': {
    fault: queueBefore(
      clients((sound) => ({ acquire: (request) => sound.acquire({ ...request, leaseMs: request.leaseMs / 2 }) })),
    ),
    rules: ['an expired key goes to who waits, and not before its end'],
  },
  'who waits is granted a key that is still kept': {
    fault: queueBefore(holds((hold) => ({ release: ({ used }) => hold.release({ used }) }))),
    rules: ['a key that was kept goes to who waits when it is free'],
  },
  'deadlines after waiting are reckoned from the arrival of the grant': {
    fault: queueing((queue) => ({
      acquire: granting(queue, async (_, { mayWait, leaseMs }) => {
        if (!mayWait) return {};
        await sleep(leaseMs / 2);
        return { deadline: deadlineOf(performance.now(), leaseMs) };
      }),
    })),
    rules: ['a grant after waiting ends for its holder before it ends at the store'],
  },
  'a renewal lasts no longer than the grant did': {
    fault: queueing((queue) => ({
      acquire: granting(queue, (hold, { leaseMs }) => ({
        renew: (renewedMs) => renew(hold, Math.min(renewedMs, leaseMs)),
      })),
    })),
    rules: ['a grant after waiting can be renewed to its full length'],
  },
  'who waits longer than a lease is taken for dead': {
    fault: queueing((queue) => ({
      acquire: (request) => {
        // Not AbortSignal.timeout: within AbortSignal.any Node 20 collects it as garbage, and it never fires.
        const patience = new AbortController();
        const giveUp = (): void => {
          patience.abort();
        };
        request.signal.addEventListener('abort', giveUp);
        setTimeout(giveUp, request.leaseMs);
        return queue.acquire({ ...request, signal: patience.signal });
      },
    })),
    rules: ['a waiter outlives many leases'],
  },
  'nobody is told of its place': {
    fault: telling(() => undefined),
    rules: ['tells the request when it has its place'],
  },
  'places are told of twice': {
    fault: telling((request) => {
      request.onQueued?.();
      request.onQueued?.();
    }),
    rules: ['tells the request when it has its place'],
  },
  'places are told of before the store has answered': {
    fault: queueing((queue) => ({
      acquire: (request) => {
        request.onQueued?.();
        return queue.acquire({ ...request, onQueued: () => undefined });
      },
    })),
    rules: ['tells the request when it has its place'],
  },
};
