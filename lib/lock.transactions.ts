import type { ModuleRef } from '@nestjs/core';
import { withPeers } from './backend.loader.js';
import { LockOptionsError } from './core/errors.js';
import type { Held } from './lock.rule.js';

/** Where the methods with `transaction` get theirs. */
export interface Transactions {
  /** Runs `work` in a fenced transaction of the application's data source of that name. */
  run(dataSource: string, held: Held, work: () => unknown): Promise<unknown>;
  /** @throws LockOptionsError when the application has no such data source; `user` is the method that names it */
  check(dataSource: string, user: string): Promise<void>;
}

/** The part of 'nestjs-locked/typeorm' that is used here, spelled out: nobody's compiler needs TypeORM because of it. */
interface Fenced {
  dataSourceToken(name: string): string | (abstract new (...args: never[]) => object);
  fencedTransaction(dataSource: never, held: Held, work: () => Promise<unknown>): Promise<unknown>;
}

/** Those of the DataSources that the application provides, as `@nestjs/typeorm` names them. */
export class DataSourceTransactions implements Transactions {
  // TypeORM is loaded when the first method asks for it: most applications have none.
  #fenced: Promise<Fenced> | undefined;

  constructor(private readonly moduleRef: ModuleRef) {}

  async run(dataSource: string, held: Held, work: () => unknown): Promise<unknown> {
    const fenced = await this.#load();
    return await fenced.fencedTransaction(this.#find(fenced, dataSource, '@Locked'), held, async () => await work());
  }

  async check(dataSource: string, user: string): Promise<void> {
    this.#find(await this.#load(), dataSource, user);
  }

  #load(): Promise<Fenced> {
    return (this.#fenced ??= withPeers(
      'transaction',
      'names a data source',
      'typeorm',
      () => import('./backends/typeorm/index.js'),
    ));
  }

  #find(fenced: Fenced, name: string, user: string): never {
    try {
      return this.moduleRef.get<never>(fenced.dataSourceToken(name), { strict: false });
    } catch (cause) {
      const message = `of ${user} names the data source '${name}', but the application provides none of that name.`;
      throw new LockOptionsError(
        'transaction',
        `${message} Import TypeOrmModule.forRoot({ name }) for it, or correct the name.`,
        {
          cause,
        },
      );
    }
  }
}
