import { Module } from '@nestjs/common';
import { ConfigurableModuleClass } from './lock.module-definition.js';

/**
 * Offers {@link LockService} and makes `@Locked` and `@UseLock` work, in every module of the application unless
 * `isGlobal` is `false`: `LockModule.forRoot({ backend: 'sqlite:./locks.db' })`, or `forRootAsync` with `useFactory`,
 * `useClass` or `useExisting` ({@link LockOptionsFactory}).
 *
 * It closes the stores when the application shuts down. Import it after the modules whose connections it is given, so
 * that it has let go of them before they close.
 *
 * @throws LockOptionsError at boot, naming the option
 */
@Module({})
export class LockModule extends ConfigurableModuleClass {}
