import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { type Hold, isBusy } from '../../../lib/core/backend.js';
import { memory } from '../../../lib/backends/memory/index.js';
import { clients, type Faults, granting, holds } from './fault.js';

export const grantFaults: Faults = {
  'every client has a store of its own': {
    fault: () => memory,
    rules: [
      'answers busy to every other owner while the key is held',
      'makes one attempt although the signal is aborted already',
      'grants one of many simultaneous requests',
      'never has two holders in a storm of attempts',
      'abandon leaves other owners alone',
      'keeps hostile keys apart',
    ],
  },
  'it looks first and takes later': {
    fault: clients((sound) => {
      const held = new Map<string, Hold>();
      const take = granting(sound, (hold, { key }) => {
        held.set(key, hold);
        return { release: (how) => (held.delete(key), hold.release(how)) };
      });
      return {
        acquire: async (request) => {
          const free = !held.has(request.key);
          await setImmediate();
          if (free) await held.get(request.key)?.release({ used: 1 });
          return take(request);
        },
      };
    }),
    rules: ['grants one of many simultaneous requests', 'never has two holders in a storm of attempts'],
  },
  'busy is an exception': {
    fault: clients((sound) => ({
      acquire: async (request) => {
        const answer = await sound.acquire(request);
        if (isBusy(answer)) throw new Error('busy');
        return answer;
      },
    })),
    rules: [
      'answers busy to every other owner while the key is held',
      'answers or queues while the key is held, as `waits` says',
    ],
  },
  'the remaining time is always the whole lease': {
    fault: clients((sound) => ({
      acquire: async (request) => {
        const answer = await sound.acquire(request);
        return isBusy(answer) ? { busy: true, remainingMs: request.leaseMs } : answer;
      },
    })),
    rules: ['says honestly how long the lease still runs, if it says so'],
  },
  'no time remains': {
    fault: clients((sound) => ({
      acquire: async (request) => {
        const answer = await sound.acquire(request);
        return isBusy(answer) ? { busy: true, remainingMs: 0 } : answer;
      },
    })),
    rules: ['says honestly how long the lease still runs, if it says so'],
  },
  'it says that it queues, and does not': {
    fault: clients(() => ({ waits: true })),
    rules: ['answers or queues while the key is held, as `waits` says'],
  },
  'no attempt when the signal is aborted': {
    fault: clients((sound) => ({
      acquire: (request) => (request.signal.aborted ? Promise.resolve({ busy: true }) : sound.acquire(request)),
    })),
    rules: ['makes one attempt although the signal is aborted already'],
  },
  'acquire leaves a listener on its signal': {
    fault: clients((sound) => ({
      acquire: (request) => {
        request.signal.addEventListener('abort', () => undefined);
        return sound.acquire(request);
      },
    })),
    rules: ['leaves no listener on the signal'],
  },
  'a repeated acquire finds itself busy': {
    fault: clients((sound) => ({ acquire: (request) => sound.acquire({ ...request, owner: randomUUID() }) })),
    rules: [
      'gives a repeated request of one owner the same block',
      'gives simultaneous requests of one owner the same block',
    ],
  },
  'a repeated acquire gets new tokens': {
    fault: clients((sound) => {
      let repeats = 0n;
      return { acquire: granting(sound, (hold) => ({ first: hold.first + repeats++ })) };
    }),
    rules: [
      'gives a repeated request of one owner the same block',
      'gives simultaneous requests of one owner the same block',
    ],
  },
  'tokens start again with every hold': {
    fault: holds(() => ({ first: 1n })),
    rules: [
      'never has two holders in a storm of attempts',
      'tokens grow over releases, past the last one used',
      'tokens grow over an abandoned hold',
      'tokens grow over a key that was kept',
      'tokens grow over the cleaning of idle keys',
      'tokens grow over the closing of every client',
      'an owner may take the key again after its release',
    ],
  },
  'a plain token counter dies with an expired lease': {
    fault: clients((sound) => {
      const counters = new Map<string, bigint>();
      return {
        acquire: granting(sound, (hold, { key }) => {
          const first = counters.get(key) ?? 1n;
          counters.delete(key);
          return {
            first,
            release: (how) => {
              counters.set(key, first + BigInt(how.used));
              return hold.release(how);
            },
          };
        }),
      };
    }),
    rules: ['tokens grow over an expired lease, past its whole block', 'tokens grow over an abandoned hold'],
  },
  'used tokens are given back': {
    fault: holds((hold) => ({ release: (how) => hold.release({ ...how, used: 0 }) })),
    rules: ['tokens grow over the cleaning of idle keys', 'tokens grow over the closing of every client'],
  },
  'unused tokens are not given back': {
    fault: holds((hold) => ({ release: (how) => hold.release({ ...how, used: hold.count }) })),
    rules: ['unused tokens are given back, so that tokens do not outrun time'],
  },
  'more tokens than were asked for': {
    fault: holds((hold) => ({ count: hold.count + 1 })),
    rules: ['as many tokens as were asked for, or fewer, never none'],
  },
};
