import { ConfigurableModuleBuilder, type DynamicModule, type Provider } from '@nestjs/common';
import { APP_FILTER, DiscoveryModule, ModuleRef } from '@nestjs/core';
import { getLocksToken } from './inject-locks.decorator.js';
import { LockExceptionFilter } from './lock-exception.filter.js';
import { LockExplorer } from './lock.explorer.js';
import type { LockModuleExtras, LockModuleOptions } from './lock.options.js';
import { DEFAULT_STORE, type Lockers, LockService } from './lock.service.js';
import { LockShutdown } from './lock.shutdown.js';
import { LOCKERS, openStores } from './lock.stores.js';
import { DataSourceTransactions } from './lock.transactions.js';

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<LockModuleOptions>({
  moduleName: 'Lock',
})
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createLockOptions')
  .setExtras<LockModuleExtras>({ isGlobal: true, names: undefined }, complete)
  .build();

/** `forRoot` hands over all its options, `forRootAsync` the extras alone: hence `names`. */
function complete(definition: DynamicModule, extras: LockModuleExtras & LockModuleOptions): DynamicModule {
  const names = [...new Set([DEFAULT_STORE, ...(extras.names ?? Object.keys(extras.backends ?? {}))])];
  const lockers: Provider = {
    provide: LOCKERS,
    useFactory: (options: LockModuleOptions) => openStores(options, names),
    inject: [MODULE_OPTIONS_TOKEN],
  };
  const transactions: Provider = {
    provide: DataSourceTransactions,
    useFactory: (moduleRef: ModuleRef) => new DataSourceTransactions(moduleRef),
    inject: [ModuleRef],
  };
  const services = names.map((name): Provider => ({
    provide: getLocksToken(name),
    useFactory: (all: Lockers, ours: DataSourceTransactions) => new LockService(all, name, ours),
    inject: [LOCKERS, DataSourceTransactions],
  }));
  const shutdown: Provider = {
    provide: LockShutdown,
    useFactory: (all: Lockers, options: LockModuleOptions) => new LockShutdown(all, options.shutdown),
    inject: [LOCKERS, MODULE_OPTIONS_TOKEN],
  };
  // Locks are taken in services too, where no filter of a handler is in the way of their errors.
  const filter: Provider = { provide: APP_FILTER, useClass: LockExceptionFilter };
  return {
    ...definition,
    global: extras.isGlobal ?? true,
    imports: [...(definition.imports ?? []), DiscoveryModule],
    providers: [...(definition.providers ?? []), lockers, transactions, ...services, shutdown, filter, LockExplorer],
    exports: names.map(getLocksToken),
  };
}
