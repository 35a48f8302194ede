import type { LockMode } from './backend.js';
import { MAX_LEASE_MS, MIN_LEASE_MS } from './deadline.js';
import { type ConfiguredDuration, type Duration, parseDuration } from './duration.js';
import { type LockBusyError, LockOptionsError, type LockTimeoutError } from './errors.js';

/** How often a hold may pass from caller to caller of one process before other processes get their chance. */
export interface HandOver<D = Duration> {
  /** Callers served by one grant; default 64, limited by what the store can carry. */
  readonly turns?: number | undefined;
  /** How long one grant may be passed on; default 25 ms. */
  readonly time?: D | undefined;
}

/** How one lock is taken and kept. `D` is {@link Duration} in code, plain text too in configuration. */
export interface LockOptions<D = Duration> {
  /** How long to wait for the key; default 15 s, at most 24 h, 0 = try once. */
  readonly wait?: D | undefined;
  /** Length of the lease, 150 ms to 24 h, default 10 s; renewed by itself as long as the process lives. */
  readonly lease?: D | undefined;
  /** Keep the key at least so long, even if the work is done sooner; at most 24 h. For schedules on skewed clocks. */
  readonly minHold?: D | undefined;
  /** Hold the key at most so long: then the lease is lost, with reason `maxHold`, and the next caller proceeds. */
  readonly maxHold?: D | undefined;
  /** Only `'exclusive'`; `'shared'` is reserved. */
  readonly mode?: LockMode | undefined;
  /** `false`: every caller goes through the store. */
  readonly handOver?: HandOver<D> | false | undefined;
  /** What keeps keys of different applications apart in one store; no `:` in it. */
  readonly namespace?: string | undefined;
}

/** For calls: the same, and the caller's own way to stop waiting. */
export interface CallOptions extends LockOptions {
  /** Stops waiting when aborted. It does not end a lease that was granted. */
  readonly signal?: AbortSignal | undefined;
  /** Name of this lock in telemetry, instead of its key, whose values would be without bound. */
  readonly label?: string | undefined;
}

/** What the key being taken means to the caller: tried once, or waited in vain. */
export type Taken = LockBusyError | LockTimeoutError;

export interface UsingOptions<OnBusy = unknown> extends CallOptions {
  /** When the key stays taken: throw (default), skip the work and return `undefined`, or a function's value. */
  readonly onBusy?: 'throw' | 'skip' | ((busy: Taken) => OnBusy | Promise<OnBusy>) | undefined;
  /** When the lease was lost while the work was done: throw LockLostError (default), or return the result anyway. */
  readonly onLost?: 'throw' | 'return' | undefined;
}

/** Options as the core works with them: checked, in ms, complete. */
export interface Settings {
  readonly waitMs: number;
  readonly leaseMs: number;
  readonly minHoldMs: number;
  readonly maxHoldMs: number;
  readonly mode: LockMode;
  readonly turns: number;
  readonly handOverMs: number;
  readonly namespace: string;
  readonly label: string;
  readonly onBusy: UsingOptions['onBusy'] & {};
  readonly onLost: 'throw' | 'return';
  readonly signal: AbortSignal | undefined;
}

export const DEFAULTS: Settings = {
  waitMs: 15_000,
  leaseMs: 10_000,
  minHoldMs: 0,
  maxHoldMs: Infinity,
  mode: 'exclusive',
  turns: 64,
  handOverMs: 25,
  namespace: '',
  label: '',
  onBusy: 'throw',
  onLost: 'throw',
  signal: undefined,
};

type Reader = (value: unknown) => Partial<Settings>;

const day = { max: MAX_LEASE_MS };
const READERS: Readonly<Record<keyof UsingOptions, Reader>> = {
  wait: (value) => ({ waitMs: parseDuration('wait', value, day) }),
  lease: (value) => ({ leaseMs: parseDuration('lease', value, { min: MIN_LEASE_MS, max: MAX_LEASE_MS }) }),
  minHold: (value) => ({ minHoldMs: parseDuration('minHold', value, day) }),
  maxHold: (value) => ({ maxHoldMs: parseDuration('maxHold', value, { min: 1, max: MAX_LEASE_MS }) }),
  mode: (value) => {
    if (value === 'exclusive') return { mode: value };
    if (value === 'shared') throw new LockOptionsError('mode', "'shared' is reserved: no store grants it yet.");
    throw new LockOptionsError('mode', "must be 'exclusive'.");
  },
  handOver: readHandOver,
  namespace: (value) => ({ namespace: readNamespace(value) }),
  label: (value) => {
    if (typeof value === 'string') return { label: value };
    throw new LockOptionsError('label', 'must be a string.');
  },
  onBusy: (value) => {
    if (value === 'throw' || value === 'skip') return { onBusy: value };
    if (typeof value === 'function') return { onBusy: value as UsingOptions['onBusy'] & {} };
    throw new LockOptionsError('onBusy', "must be 'throw', 'skip' or a function.");
  },
  onLost: (value) => {
    if (value === 'throw' || value === 'return') return { onLost: value };
    throw new LockOptionsError('onLost', "must be 'throw' or 'return'.");
  },
  signal: (value) => {
    if (value instanceof AbortSignal) return { signal: value };
    throw new LockOptionsError('signal', 'must be an AbortSignal.');
  },
};

/** Options that were read once and need no second look; made by {@link prepare}. */
const prepared = new WeakSet<object>();

/**
 * Checks `options` and lays them over `defaults`. What was prepared already is returned as it is.
 *
 * @throws LockOptionsError naming the option that is unknown or out of bounds
 */
export function prepare(options: unknown, defaults: Settings = DEFAULTS): Settings {
  if (options === undefined) return defaults;
  if (typeof options !== 'object' || options === null) throw new LockOptionsError('options', 'must be an object.');
  if (prepared.has(options)) return options as Settings;
  const settings: Settings = Object.assign({}, defaults, ...readAll(options, READERS, '')) as Settings;
  if (settings.minHoldMs > settings.maxHoldMs) {
    throw new LockOptionsError('minHold', 'must not be longer than `maxHold`.');
  }
  prepared.add(settings);
  return settings;
}

/** Reads own properties only: what hides in a prototype is no option. */
function readAll(options: object, readers: Readonly<Record<string, Reader>>, path: string): Partial<Settings>[] {
  return Object.keys(options).map((name) => {
    if (!Object.hasOwn(readers, name)) {
      const known = Object.keys(readers).join(', ');
      throw new LockOptionsError(path + name.slice(0, 50), `is unknown here; known are ${known}.`);
    }
    const value: unknown = (options as Record<string, unknown>)[name];
    return value === undefined ? {} : (readers[name]?.(value) ?? {});
  });
}

const HAND_OVER: Readonly<Record<keyof HandOver, Reader>> = {
  turns: (value) => {
    if (Number.isSafeInteger(value) && (value as number) >= 1) return { turns: value as number };
    throw new LockOptionsError('handOver.turns', 'must be a whole number of at least 1.');
  },
  time: (value) => ({ handOverMs: parseDuration('handOver.time', value, day) }),
};

function readHandOver(value: unknown): Partial<Settings> {
  if (value === false) return { turns: 1, handOverMs: 0 };
  if (typeof value === 'object' && value !== null) {
    return Object.assign({}, ...readAll(value, HAND_OVER, 'handOver.')) as Partial<Settings>;
  }
  throw new LockOptionsError('handOver', 'must be `false` or an object with `turns` and `time`.');
}

function readNamespace(value: unknown): string {
  // No ':' inside, so that namespace and key can be told apart: 'a' + 'b:c' is not 'a:b' + 'c'.
  if (typeof value === 'string' && /^[\w.~-]{1,64}$/.test(value)) return value;
  throw new LockOptionsError('namespace', 'must be 1 to 64 letters, digits or any of . _ ~ -');
}

/** Module options carry durations from configuration; the same readers check them. */
export type ConfiguredLockOptions = LockOptions<ConfiguredDuration>;
