import type { Server } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import type { INestApplication, ModuleMetadata } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { detached, LockModule, type LockModuleOptions, LockService, memory } from 'nestjs-locked';

/** An application context with the LockModule; close it. */
export async function boot(
  { imports = [], ...metadata }: ModuleMetadata,
  options: LockModuleOptions = { backend: memory() },
): Promise<TestingModule> {
  const module = await Test.createTestingModule({
    ...metadata,
    imports: [LockModule.forRoot(options), ...imports],
  }).compile();
  return await module.init();
}

/** An HTTP application with the LockModule, listening on 127.0.0.1; close it. */
export async function serve(
  { imports = [], ...metadata }: ModuleMetadata,
  prepare: (app: INestApplication<Server>) => unknown = () => undefined,
): Promise<INestApplication<Server>> {
  const module = await Test.createTestingModule({
    ...metadata,
    imports: [LockModule.forRoot({ backend: memory() }), ...imports],
  }).compile();
  const app = module.createNestApplication<INestApplication<Server>>({ logger: false });
  await prepare(app);
  await app.listen(0, '127.0.0.1');
  return app;
}

/** What a call answers, or the code of its error. */
export async function outcome(call: () => unknown): Promise<unknown> {
  try {
    return await call();
  } catch (error) {
    return (error as { code?: unknown }).code ?? error;
  }
}

/** What a call answers while somebody else holds the key, and when nobody does: only a locked one differs. */
export async function heldAndFree(app: { get: TestingModule['get'] }, key: string, call: () => unknown) {
  const held = await app.get(LockService).using(key, () => detached(() => outcome(call)));
  return [held, await outcome(call)];
}

/** Waits for what no event tells of; gives up rather than to keep the process alive for ever. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`This did not come to pass: ${condition.toString()}`);
    await setImmediate();
  }
}

/** Puts a function of its own in the place of the method, as decorators of other packages do. */
export const foreign: MethodDecorator = (_target, _property, descriptor) => {
  const method = descriptor.value as (...args: unknown[]) => unknown;
  descriptor.value = function (this: unknown, ...args: unknown[]): unknown {
    return method.apply(this, args);
  } as never;
};
