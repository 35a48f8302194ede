import type { Channel } from 'node:diagnostics_channel';
import { hear } from '../../support/hear.js';
import { lockChannels, type LockEvents } from '../../../lib/core/index.js';
import { blackhole, fails } from './support/faulty-store.js';
import { failure, LEASE, Stage } from './support/stage.js';

type Name = keyof LockEvents;
const NAMES = Object.keys(lockChannels) as Name[];

describe('telemetry', () => {
  let stage: Stage;
  let events: [Name, object][];
  const stops: (() => void)[] = [];

  beforeEach(() => {
    stage = new Stage({ name: 'ledger' });
    events = [];
    for (const name of NAMES) {
      const note = (event: unknown): void => void events.push([name, event as object]);
      expect(lockChannels[name].name).toBe(`nestjs-locked:${name}`);
      stops.push(hear(lockChannels[name] as Channel, note));
    }
  });
  afterEach(() => {
    for (const stop of stops.splice(0)) stop();
  });
  const source = (label = ''): object => ({ locker: stage.locker.id, name: 'ledger', backend: 'memory', label });
  const named = (name: Name): object[] => events.filter(([one]) => one === name).map(([, event]) => event);

  test('grants, hand-overs and releases, with what they took', async () => {
    const first = await stage.locker.acquire('secret', { label: 'order:<id>' });
    const waiting = stage.locker.acquire('secret', { label: 'b' });
    await stage.clock.advance(7);
    await first.release();
    const second = await waiting;
    await second.release();
    expect(events).toEqual([
      ['granted', { ...source('order:<id>'), token: first.token, waitedMs: 0, handedOver: false }],
      ['released', { ...source('order:<id>'), token: first.token, heldMs: 7 }],
      ['granted', { ...source('b'), token: second.token, waitedMs: 7, handedOver: true }],
      ['released', { ...source('b'), token: second.token, heldMs: 0 }],
    ]);
  });

  test('refusals, with the code of the error the caller got, whenever it was refused', async () => {
    await stage.other().acquire('secret');
    const label = 'x';
    await stage.locker.tryAcquire('secret', { label });
    await failure(stage.locker.acquire('secret', { label, signal: AbortSignal.abort() }));
    const late = failure(stage.locker.acquire('secret', { label, wait: '1s' }));
    await stage.locker.tryAcquire('secret', { label });
    await stage.clock.advance(1_000);
    await late;
    stage.store.next.acquire = [fails(new Error('down'))];
    await failure(stage.locker.acquire('secret', { label }));
    expect(named('refused')).toMatchObject([
      { ...source(label), code: 'LOCK_BUSY', waitedMs: 0 },
      { ...source(label), code: 'LOCK_ABORTED', waitedMs: 0 },
      { ...source(label), code: 'LOCK_BUSY', waitedMs: 0 },
      { ...source(label), code: 'LOCK_TIMEOUT', waitedMs: 1_000 },
      { ...source(label), code: 'LOCK_BACKEND', waitedMs: 0 },
    ]);
  });

  test('a loss: suspect first, then lost, once', async () => {
    const lease = await stage.locker.acquire('secret', { label: 'x' });
    stage.store.always.renew = blackhole;
    await stage.clock.advance(LEASE.ms);
    await lease.release();
    expect(events.map(([name]) => name)).toEqual(['granted', 'suspect', 'lost']);
    expect(events[1]?.[1]).toEqual({ ...source('x'), error: expect.any(Error) });
    expect(events[2]?.[1]).toEqual({ ...source('x'), token: lease.token, reason: 'expired' });
  });

  test('trouble that no caller can be told of', async () => {
    stage.store.always.release = fails(new Error('down'));
    await stage.locker.using('secret', { label: 'x' }, () => undefined);
    await stage.clock.advance(60_000);
    expect(named('trouble')).toMatchObject([source('x'), source()]);
  });

  test('no key and no owner is in any event', async () => {
    await stage.locker.using('secret', () => undefined);
    await stage.other().acquire('secret');
    await stage.locker.tryAcquire('secret');
    stage.store.next.acquire = [fails(new Error('down'))];
    await failure(stage.locker.acquire('secret'));
    const shown = JSON.stringify(events, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
    expect(shown).not.toContain('secret');
    for (const { owner } of stage.store.calls) if (owner) expect(shown).not.toContain(owner);
  });

  test('nothing is built while nobody listens', async () => {
    for (const stop of stops.splice(0)) stop();
    const published: unknown[] = [];
    const plain = NAMES.map((name) => lockChannels[name].publish.bind(lockChannels[name]));
    NAMES.forEach((name) => (lockChannels[name].publish = (event) => void published.push(event)));
    await stage.locker.using('k', () => undefined);
    await stage.locker.using('k', () => stage.locker.tryAcquire('k'));
    NAMES.forEach((name, i) => (lockChannels[name].publish = plain[i]!));
    expect(published).toEqual([]);
  });
});
