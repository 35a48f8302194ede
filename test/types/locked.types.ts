// Checked by `tsc --noEmit`: each line marked with @ts-expect-error must not compile, all others must.
import type { Readable } from 'node:stream';
import type { Observable } from 'rxjs';
import {
  composeLocked,
  type LockBusyError,
  Locked,
  LockKey,
  type LockModuleOptions,
  LockService,
  type LockTimeoutError,
  UseLock,
} from 'nestjs-locked';

interface OrderId {
  readonly orderId: string;
}
interface PayDto extends OrderId {
  readonly amount: number;
}
type Result = Promise<string>;
declare const work: (...used: unknown[]) => never;
declare const external: MethodDecorator;

export abstract class Fits {
  @Locked('order:<id>')
  template(id: string): Result {
    return work(id);
  }

  @Locked(['account:<from>', 'account:<to>'], { wait: '2s', lease: 30_000, minHold: '1m', maxHold: '5 minutes' })
  templates(@LockKey('from') _a: string, @LockKey('to') _b: string): Result {
    return work(_a, _b);
  }

  @Locked((dto: OrderId) => `order:${dto.orderId}`)
  widerDto(dto: PayDto, _note: string): Result {
    return work(dto, _note);
  }

  @Locked((from: string, to: string) => [`account:${from}`, `account:${to}`] as const)
  keysFromFunction(from: string, to: string): Result {
    return work(from, to);
  }

  @Locked((id: string, note: string) => `order:${id}:${note}`)
  optional(id: string, note?: string): Result {
    return work(id, note);
  }

  @Locked((id: string) => `order:${id}`)
  rest(id: string, ...more: number[]): Result {
    return work(id, more);
  }

  overloaded(id: string): Promise<string>;
  overloaded(id: string, amount: number): Promise<number>;
  @Locked((id: string) => `order:${id}`)
  overloaded(id: string, amount?: number): Promise<string | number> {
    return work(id, amount);
  }

  @Locked((list: readonly string[]) => `list:${list.join()}`)
  generic<T extends string>(list: T[]): Promise<T> {
    return work(list);
  }

  @Locked('all')
  observable(): Observable<number> {
    return work();
  }

  @Locked('all')
  stream(): Promise<Readable> {
    return work();
  }

  @Locked('cron', { wait: 0, onBusy: 'skip' })
  skipsNothing(): Promise<void> {
    return work();
  }

  @Locked('cron', { onBusy: 'skip' })
  skipsMaybe(): Promise<string | undefined> {
    return work();
  }

  @Locked('all', { onBusy: 'skip' })
  skipsObservable(): Observable<number> {
    return work();
  }

  @Locked('order:<id>', { onBusy: (_busy: LockBusyError | LockTimeoutError, id: string) => `busy: ${id}` })
  answers(id: string, _note: string): Result {
    return work(id, _note);
  }

  @Locked('order:<id>', { onBusy: (busy) => Promise.resolve(busy.code), onLost: 'return', backend: 'ledger' })
  answersLater(id: string): Result {
    return work(id);
  }

  @composeLocked(Locked((id: string) => `order:${id}`, { onBusy: 'skip' }), external)
  composed(id: string): Promise<string | undefined> {
    return work(id);
  }

  @UseLock((context) => `handler:${context.getHandler().name}`, { onBusy: (busy, context) => [busy, context] })
  anyHandler(): string {
    return work();
  }
}

@UseLock(() => 'one at a time')
export class FitsClass {}

export class DoesNotFit {
  // @ts-expect-error TS1270: it returns no Promise and no Observable
  @Locked('order:<id>')
  sync(id: string): string {
    return work(id);
  }

  // @ts-expect-error TS1270: sometimes it returns no Promise
  @Locked('order:<id>')
  sometimesSync(id: string): string | Promise<string> {
    return work(id);
  }

  // @ts-expect-error TS1270: an async generator is neither
  @Locked('all')
  generator(): AsyncGenerator<number> {
    return work();
  }

  // @ts-expect-error TS1270: the key function wants a number
  @Locked((id: number) => `order:${String(id)}`)
  wrongParameter(id: string): Result {
    return work(id);
  }

  // @ts-expect-error TS1270: the key function wants a second parameter
  @Locked((from: string, to: string) => `pair:${from}:${to}`)
  missingParameter(from: string): Result {
    return work(from);
  }

  // @ts-expect-error TS1270: the key function wants more than the method gets
  @Locked((dto: PayDto) => `order:${dto.orderId}`)
  narrowerDto(dto: OrderId): Result {
    return work(dto);
  }

  // @ts-expect-error TS2345: a key is a string
  @Locked((id: string) => ({ id }))
  noKey(id: string): Result {
    return work(id);
  }

  // @ts-expect-error TS1270: the caller is promised a string, and would get undefined
  @Locked('cron', { onBusy: 'skip' })
  skips(): Promise<string> {
    return work();
  }

  // @ts-expect-error TS1270: onBusy answers with a number
  @Locked('all', { onBusy: () => 7 })
  wrongAnswer(): Result {
    return work();
  }

  // @ts-expect-error TS1270: onBusy wants a number after the error
  @Locked('all', { onBusy: (_busy, id: number) => String(id) })
  wrongAnswerArguments(id: string): Result {
    return work(id);
  }

  // @ts-expect-error TS2322: 10 ms or 10 s?
  @Locked('all', { wait: '10' })
  noUnit(): Result {
    return work();
  }

  // @ts-expect-error TS2322: no such unit
  @Locked('all', { wait: '10 parsecs' })
  nonsense(): Result {
    return work();
  }

  // @ts-expect-error TS2353: no such option
  @Locked('all', { wiat: '2s' })
  unknownOption(): Result {
    return work();
  }

  // @ts-expect-error TS2353: a decorator has no caller whose signal it could be
  @Locked('all', { signal: AbortSignal.abort() })
  signal(): Result {
    return work();
  }

  // @ts-expect-error TS1270: the verdict survives composition
  @composeLocked(Locked('order:<id>', { onBusy: 'skip' }), external)
  composed(id: string): Result {
    return work(id);
  }
}

export async function byHand(locks: LockService): Promise<void> {
  const result: number = await locks.using('a', (lease) => Number(lease.token));
  const skipped: number | undefined = await locks.using('a', { onBusy: 'skip' }, () => result);
  const answered: number | string = await locks.on('b').using('a', { onBusy: () => 'busy' }, () => 1);
  const inSet: bigint = await locks.using(['a', 'b'], (set) => set.of('a').token);
  // @ts-expect-error TS2339: a set has no token of its own
  await locks.using(['a', 'b'], (set) => String(set.token));
  // @ts-expect-error TS2322: it may have been skipped
  const certain: number = await locks.using('a', { onBusy: 'skip' }, () => 1);
  // @ts-expect-error TS18048: it may be taken
  (await locks.tryAcquire('a')).assertHeld();
  console.log(skipped, answered, inSet, certain);
}

/** Durations of module options come from configuration, where TypeScript knows only `string`. */
export const configured = (wait: string): LockModuleOptions => ({ backend: 'memory:', wait, lease: undefined });
