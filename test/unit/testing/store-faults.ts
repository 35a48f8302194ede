import { EventEmitter, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Hold, LockBackend } from '../../../lib/core/backend.js';
import { clients, type Fault, type Faults, freed, granting, never } from './fault.js';

/** A store that takes some keys for each other. */
function folding(fold: (key: string) => string): Fault {
  return clients((sound) => ({ acquire: (request) => sound.acquire({ ...request, key: fold(request.key) }) }));
}
const apart = ['keeps hostile keys apart'];

export const storeFaults: Faults = {
  'abandon does nothing': {
    fault: clients(() => ({ abandon: () => Promise.resolve() })),
    rules: ['tokens grow over an abandoned hold', 'abandon takes back what the owner holds'],
  },
  'abandon wants to find something': {
    fault: clients(() => ({ abandon: () => Promise.reject(new Error('nothing to abandon')) })),
    rules: ['abandon of nothing succeeds'],
  },
  'abandon frees the key, whoever holds it': {
    fault: clients((sound) => {
      const last = new Map<string, Hold>();
      const acquire = granting(sound, (hold, { key }) => (last.set(key, hold), {}));
      return {
        acquire,
        abandon: (key) => (last.get(key)?.release({ used: 1 }) ?? Promise.resolve()).then(() => undefined),
      };
    }),
    rules: ['abandon leaves other owners alone'],
  },
  '`freed` never fires': {
    fault: clients(() => ({ freed: never })),
    rules: [
      'a release wakes who waits, in every client',
      'a release right after the call wakes too',
      'a release that keeps the key, or is not the first, wakes too',
      'a key that is free already wakes at once',
      'ends when its signal aborts, and leaves no listener',
      'leaves no listener on its signal when it wakes',
      'wakes for hostile keys',
    ],
  },
  '`freed` subscribes late and does not look again': {
    fault: clients((sound) => {
      const releases = new EventEmitter();
      return {
        acquire: granting(sound, (hold, { key }) => ({
          release: (how) => (releases.emit(key), hold.release(how)),
        })),
        freed: async (key) => {
          await sleep(5);
          await once(releases, key);
        },
      };
    }),
    rules: ['a release right after the call wakes too', 'a key that is free already wakes at once'],
  },
  '`freed` wakes one of many': {
    fault: clients((sound) => {
      const asleep = new Set<string>();
      return {
        freed: (key, signal) => (asleep.has(key) ? never() : (asleep.add(key), freed(sound, key, signal))),
      };
    }),
    rules: ['a release wakes who waits, in every client'],
  },
  '`freed` wakes all the time': {
    fault: clients(() => ({ freed: () => Promise.resolve() })),
    rules: ['who waits for a held key sleeps'],
  },
  '`freed` leaves a listener on its signal': {
    fault: clients((sound) => ({
      freed: (key, signal) => {
        signal.addEventListener('abort', () => undefined);
        return freed(sound, key, signal);
      },
    })),
    rules: ['ends when its signal aborts, and leaves no listener', 'leaves no listener on its signal when it wakes'],
  },
  'a ping fails': {
    fault: clients(() => ({ ping: () => Promise.reject(new Error('no answer')) })),
    rules: ['answers a ping'],
  },
  'it cannot be used again after it was closed': {
    fault: clients((sound) => {
      let closed = false;
      return {
        close: () => {
          closed = true;
          return Promise.resolve();
        },
        ping: () => (closed ? Promise.reject(new Error('closed')) : sound.ping()),
      };
    }),
    rules: ['works again after it was closed, and again closed'],
  },
  'closing frees what others hold': {
    fault: clients((sound) => {
      const granted: Hold[] = [];
      const acquire: LockBackend['acquire'] = granting(sound, (hold) => (granted.push(hold), {}));
      return {
        acquire,
        close: () => Promise.all(granted.map((hold) => hold.release({ used: 1 }))).then(() => undefined),
      };
    }),
    rules: ['a client that closes leaves the others at work'],
  },
  'released keys leave something behind': {
    fault: clients((sound) => ({
      acquire: granting(sound, (_, request) =>
        sound.acquire({ ...request, key: `counter of ${request.key}` }).then(() => ({})),
      ),
    })),
    rules: ['keeps nothing of 1,000 keys that were released'],
  },
  'keys without case': { fault: folding((key) => key.toLowerCase()), rules: apart },
  'keys without accents': {
    fault: folding((key) => key.normalize('NFD').replace(/(\S)\p{M}/gu, '$1')),
    rules: apart,
  },
  'keys without trailing blanks': { fault: folding((key) => key.replace(/ +$/, '')), rules: apart },
  'composed keys': { fault: folding((key) => key.normalize('NFC')), rules: apart },
  'keys of one width': { fault: folding((key) => key.normalize('NFKC')), rules: apart },
  'keys as numbers': {
    fault: folding((key) => (key.trim() !== '' && Number.isFinite(Number(key)) ? String(Number(key)) : key)),
    rules: apart,
  },
  'keys as paths': { fault: folding((key) => new URL(`file:///${encodeURI(key)}`).pathname), rules: apart },
  'keys of 255 bytes': { fault: folding((key) => Buffer.from(key).subarray(0, 255).toString('latin1')), rules: apart },
  'keys of two bytes a character': {
    fault: folding((key) => key.replace(/[\u{10000}-\u{10ffff}]/gu, '\ufffd')),
    rules: apart,
  },
};
