import type { LockBackend } from '../../lib/core/index.js';
import { Locker } from '../../lib/core/index.js';
import { Contender } from './contender.js';
import { TcpProxy } from './tcp-proxy.js';

/** A store of one spec's own, and those who contend for its locks: last come, first gone. */
export abstract class Stage {
  readonly #ends: (() => Promise<unknown>)[] = [];

  protected constructor(private readonly storeUrl: string) {}

  /** What a process has: a Locker with a backend of its own. */
  protected lockerOn(backend: LockBackend): Locker {
    const locker = new Locker(backend);
    this.#ends.push(() => locker.close({ drain: 0 }));
    return locker;
  }

  async contender(url = this.storeUrl): Promise<Contender> {
    const contender = await Contender.start(url);
    this.#ends.push(() => contender.kill());
    return contender;
  }

  async proxy(): Promise<TcpProxy> {
    const proxy = await TcpProxy.start(this.storeUrl);
    this.#ends.push(() => proxy.close());
    return proxy;
  }

  /** Ends all who contend; who goes through a proxy ends before it. */
  protected async endAll(): Promise<void> {
    for (const end of this.#ends.splice(0).reverse()) await end();
  }
}
