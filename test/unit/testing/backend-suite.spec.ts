import { MemoryBackend } from '../../../lib/backends/memory/index.js';
import type { LockBackend } from '../../../lib/core/backend.js';
import { describeLockBackend } from '../../../lib/testing/index.js';
import type { Fault } from './fault.js';
import { FifoStore } from './fifo-store.js';
import { grantFaults } from './grant-faults.js';
import { holdFaults } from './hold-faults.js';
import { queueFaults } from './queue-faults.js';
import { storeFaults } from './store-faults.js';

const FAULTS = { ...grantFaults, ...holdFaults, ...queueFaults, ...storeFaults };

const CHANCES = 3;

/** The suite's rules for a store with a fault, by name. */
function rulesFor(fault: Fault): Map<string, () => Promise<void>> {
  const rules = new Map<string, () => Promise<void>>();
  const make = () => {
    const sound = new MemoryBackend();
    const open: () => LockBackend = fault(sound);
    const residue = () => Promise.resolve(sound.size);
    return Promise.resolve({ open, close: () => Promise.resolve(), leaseMs: 200, residue });
  };
  describeLockBackend('under test', make, {
    describe: (_name, body) => {
      body();
    },
    it: (name, body) => rules.set(name, body),
  });
  return rules;
}

/** A machine that stands still at the wrong moment hides a fault of a few ms: it gets further chances to show. */
async function isNoticed(check: () => Promise<void>): Promise<boolean> {
  for (let chance = 1; chance <= CHANCES; chance += 1) {
    try {
      await check();
    } catch {
      return true;
    }
  }
  return false;
}

describeLockBackend('memory, with a queue', () => {
  const memory = new MemoryBackend();
  const queue = new FifoStore(memory);
  return Promise.resolve({
    open: () => queue,
    close: () => Promise.resolve(),
    leaseMs: 200,
    residue: () => Promise.resolve(memory.size),
  });
});

describe('the backend suite', () => {
  it.each(Object.entries(FAULTS))('notices that %s', async (_name, { fault, rules }) => {
    const suite = rulesFor(fault);
    const kept = rules.map(async (rule) => {
      const check = suite.get(rule);
      if (check === undefined) return `${rule} (no such rule)`;
      return (await isNoticed(check)) ? undefined : rule;
    });
    expect((await Promise.all(kept)).filter((rule) => rule !== undefined)).toEqual([]);
  });

  it('has no rule without a fault that breaks it', () => {
    const broken = new Set(Object.values(FAULTS).flatMap(({ rules }) => rules));
    const all = rulesFor((sound) => () => sound).keys();
    expect([...all].filter((rule) => !broken.has(rule))).toEqual([]);
  });
});
