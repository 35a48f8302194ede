import { setTimeout as sleep } from 'node:timers/promises';
import { type Hold, isBusy } from '../../../lib/core/backend.js';
import { deadlineOf } from '../../../lib/core/deadline.js';
import { clients, type Faults, granting, holds, renew } from './fault.js';

export const holdFaults: Faults = {
  'release does not look at the owner': {
    fault: clients((sound) => {
      const last = new Map<string, Hold>();
      return {
        acquire: granting(sound, (hold, { key }) => {
          last.set(key, hold);
          return { release: (how) => last.get(key)?.release(how) ?? Promise.resolve(false) };
        }),
      };
    }),
    rules: [
      'an expired key is free for others, and lost for its holder',
      'a second release changes nothing',
      'abandon takes back what the owner holds',
    ],
  },
  'leases never end': {
    fault: clients((sound) => ({ acquire: (request) => sound.acquire({ ...request, leaseMs: 86_400_000 }) })),
    rules: [
      'says honestly how long the lease still runs, if it says so',
      'tokens grow over an expired lease, past its whole block',
      'an expired key is free for others, and lost for its holder',
      'an expired hold is not renewed, though nobody took the key',
      'an expired hold is not released, though nobody took the key',
    ],
  },
  'a renewal revives an expired hold': {
    fault: clients((sound) => ({
      acquire: granting(sound, (hold, request) => ({
        renew: async (leaseMs) => {
          const renewed = await renew(hold, leaseMs);
          if (renewed !== false) return renewed;
          const again = await sound.acquire({ ...request, leaseMs });
          return isBusy(again) ? false : again.deadline;
        },
      })),
    })),
    rules: ['an expired hold is not renewed, though nobody took the key', 'a released hold is not renewed'],
  },
  'a renewal does nothing': {
    fault: holds(() => ({ renew: (leaseMs) => Promise.resolve(deadlineOf(performance.now(), leaseMs)) })),
    rules: [
      'a renewal moves the end at the store and tells the new deadline',
      'renewals keep the key as long as they come',
      'a released hold is not renewed',
    ],
  },
  'deadlines are reckoned from the answer': {
    fault: clients((sound) => {
      const asked = new Set<string>();
      return {
        acquire: granting(sound, async (hold, { key, leaseMs }) => {
          // Only the first answer is late: a late answer to who asks next would hide the overlap.
          if (!asked.has(key)) await sleep(60);
          asked.add(key);
          return {
            deadline: deadlineOf(performance.now(), leaseMs),
            renew: async (renewedMs) => {
              const renewed = await renew(hold, renewedMs);
              await sleep(60);
              return renewed !== false && deadlineOf(performance.now(), renewedMs);
            },
          };
        }),
      };
    }),
    rules: [
      'the deadline comes before the end at the store, also when the answer is late',
      'a renewal moves the end at the store and tells the new deadline',
    ],
  },
  'a repeated acquire promises a lease that it does not renew': {
    fault: holds((_, { leaseMs }) => ({ deadline: deadlineOf(performance.now(), leaseMs) })),
    rules: ['the deadline of a repeated request comes before the end at the store'],
  },
  'a grant is nearly expired': {
    fault: holds(() => ({ deadline: performance.now() })),
    rules: ['the deadline leaves more than half the lease'],
  },
  'a release frees nothing': {
    fault: holds(() => ({ release: () => Promise.resolve(true) })),
    rules: [
      'a release frees the key at once',
      'an owner may take the key again after its release',
      'keeps hostile keys apart',
      'keeps nothing of 1,000 keys that were released',
    ],
  },
  'a release denies itself': {
    fault: holds((hold) => ({ release: async (how) => (await hold.release(how)) && false })),
    rules: ['grants a free key', 'a release frees the key at once', 'a client that closes leaves the others at work'],
  },
  'a late release counts': {
    fault: holds((hold) => ({ release: async (how) => (await hold.release(how)) || true })),
    rules: [
      'an expired key is free for others, and lost for its holder',
      'an expired hold is not released, though nobody took the key',
      'a second release changes nothing',
    ],
  },
  '`keepMs` is ignored': {
    fault: holds((hold) => ({ release: ({ used }) => hold.release({ used }) })),
    rules: [
      '`keepMs` keeps the key from everybody, then it is free',
      '`keepMs` may outlast the lease',
      'a kept key is nobody’s to renew, release or abandon',
    ],
  },
  '`keepMs` leaves the key to its owner': {
    fault: holds((hold) => ({
      release: async ({ used, keepMs = 0 }) =>
        keepMs > 0 ? (await renew(hold, keepMs)) !== false : hold.release({ used }),
    })),
    rules: [
      '`keepMs` keeps the key from everybody, then it is free',
      'a kept key is nobody’s to renew, release or abandon',
      'a release that keeps the key, or is not the first, wakes too',
    ],
  },
  '`keepMs` keeps the key for good': {
    fault: holds((hold) => ({
      release: (how) => hold.release(how.keepMs === undefined ? how : { ...how, keepMs: 86_400_000 }),
    })),
    rules: ['`keepMs` keeps the key from everybody, then it is free', 'tokens grow over a key that was kept'],
  },
};
