import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { LockOptionsError } from './core/errors.js';
import { requestReplyKind } from './handler.kind.js';
import { bind, boundLocks } from './lock.binding.js';
import { type LockedMember, lockedMethodsOf } from './lock.metadata.js';
import { lockerOf, LockService } from './lock.service.js';

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

  /** @throws LockOptionsError naming the method */
  onModuleInit(): void {
    const all = [...this.discovery.getProviders(), ...this.discovery.getControllers()];
    // With several LockModules in one application it is not ours to say which of them was meant.
    const alone = all.filter(({ token }) => token === LockService).length === 1;
    for (const { instance } of all) {
      const made: unknown = instance;
      if (typeof made === 'object' && made !== null) this.#visit(made, alone);
    }
  }

  #visit(instance: object, mayBind: boolean): void {
    for (const member of lockedMethodsOf(Object.getPrototypeOf(instance))) {
      if (mayBind && boundLocks(instance) === undefined) bind(instance, this.locks);
      check(member, boundLocks(instance));
    }
  }
}

function check({ name, method, rule }: LockedMember, locks: unknown): void {
  lockerOf(locks, rule.store, name);
  const kind = rule.skips ? requestReplyKind(method) : undefined;
  if (kind === undefined) return;
  throw new LockOptionsError(
    'onBusy',
    `of ${name} must not be 'skip': it is ${kind}, and its caller would take the empty reply for a result. ` +
      'Let it throw, or give a function that returns a reply.',
  );
}
