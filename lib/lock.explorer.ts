import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { LockOptionsError, LockUsageError } from './core/errors.js';
import { requestReplyKind, uninterceptedKind } from './handler.kind.js';
import { bind, boundLocks } from './lock.binding.js';
import { handlerLockOf, isPlainMethod, type LockedMember, lockedMethodsOf } from './lock.metadata.js';
import { DEFAULT_STORE, lockerOf, LockService, transactionsOf } from './lock.service.js';

/**
 * Looks once, at boot, at everything that is locked: gives the locks to instances that Nest did not make itself
 * (`useFactory`, `useValue`), and refuses what could only fail later.
 */
@Injectable()
export class LockExplorer implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly locks: LockService,
  ) {}

  /** @throws LockOptionsError, LockUsageError naming the method */
  async onModuleInit(): Promise<void> {
    const all = [...this.discovery.getProviders(), ...this.discovery.getControllers()];
    // With several LockModules in one application it is not ours to say which of them was meant.
    const alone = all.filter(({ token }) => token === LockService).length === 1;
    for (const { instance } of all) {
      const made: unknown = instance;
      if (typeof made === 'object' && made !== null) await this.#visit(made, alone);
    }
  }

  async #visit(instance: object, mayBind: boolean): Promise<void> {
    for (const member of lockedMethodsOf(Object.getPrototypeOf(instance))) {
      if (mayBind) this.#bind(instance, member);
      await check(member, boundLocks(instance));
    }
  }

  #bind(instance: object, { name }: LockedMember): void {
    const locks = boundLocks(instance);
    if (locks === this.locks) return;
    // Made once and given to one application after another, as tests do.
    const isFree = locks === undefined || lockerOf(locks, DEFAULT_STORE, name)?.isClosed;
    if (isFree !== true) throw new LockUsageError(whyNot(name, 'has locks of another application that still runs'));
    if (!Object.isExtensible(instance)) throw new LockUsageError(whyNot(name, 'is frozen'));
    bind(instance, this.locks);
  }
}

function whyNot(name: string, fault: string): string {
  return `${name} is @Locked, but its instance, which NestJS did not make itself, ${fault}. Provide it with useClass.`;
}

async function check(member: LockedMember, locks: unknown): Promise<void> {
  const { name, method, rule } = member;
  lockerOf(locks, rule.store, name);
  if (rule.dataSource !== undefined) await transactionsOf(locks)?.check(rule.dataSource, name);
  if (rule.decorator === '@UseLock') checkHandler(member);
  const kind = rule.skips ? requestReplyKind(method) : undefined;
  if (kind === undefined) return;
  throw new LockOptionsError(
    'onBusy',
    `of ${name} must not be 'skip': it is ${kind}, and its caller would take the empty reply for a result. ` +
      'Let it throw, or give a function that returns a reply.',
  );
}

/** `@UseLock` locks what Nest calls through interceptors: anything else would run unlocked. */
function checkHandler({ name, method, rule, ofClass }: LockedMember): void {
  const kind = uninterceptedKind(method);
  const refuse = (fault: string) => new LockUsageError(`@UseLock does not work on ${name}: ${fault}`);
  if (kind !== undefined) throw refuse(`it is ${kind}, which is called without interceptors. Use @Locked.`);
  if (ofClass) return;
  if (handlerLockOf(method)?.rule !== rule) {
    throw refuse('a decorator above it has put another function in its place. Put @UseLock above that.');
  }
  if (isPlainMethod(method)) throw refuse('it is no handler. Use @Locked.');
}
