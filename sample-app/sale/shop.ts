import type { Mode } from '../orders/place-order.message.js';
import { freePorts } from './free-ports.js';
import { ShopProcess } from './shop-process.js';

/** The processes of one run: a gateway and its order workers. */
export class Shop {
  private constructor(
    private readonly gateway: ShopProcess,
    private readonly workers: ShopProcess[],
  ) {}

  /** Resolves when all of them serve. */
  static async open(options: { workers: number; mode: Mode }): Promise<Shop> {
    const [gatewayPort = 0, ...workerPorts] = await freePorts(options.workers + 1);
    const shop = new Shop(
      ShopProcess.start('gateway', gatewayPort, {
        WORKER_PORTS: workerPorts.join(','),
        MODE: options.mode,
      }),
      workerPorts.map((port) => ShopProcess.start('worker', port)),
    );
    // Before the runner's own clean-up, so that nobody writes into the folder it removes.
    process.prependOnceListener('exit', shop.kill);
    try {
      await Promise.all([shop.gateway, ...shop.workers].map((member) => member.ready()));
      return shop;
    } catch (error) {
      await shop.close();
      throw error;
    }
  }

  get url(): string {
    return `http://127.0.0.1:${this.gateway.port}`;
  }

  /** Kills a worker as a crash or the kernel would, and starts another at its address. */
  async killWorker(): Promise<void> {
    const victim = this.workers.shift();
    if (!victim) return;
    const successor = await victim.replace();
    this.workers.push(successor);
    await successor.ready();
  }

  /** Stops a worker that has just been granted its lock, and wakes it when the others are through. */
  async pauseWorker(othersThrough: () => Promise<void>): Promise<'written' | 'refused'> {
    const [victim] = this.workers;
    if (!victim) throw new Error('There is no worker to stop.');
    await victim.pause();
    await othersThrough();
    return await victim.wake();
  }

  /** For a runner that ends early. */
  private readonly kill = (): void => {
    for (const member of [this.gateway, ...this.workers]) member.kill();
  };

  /** The gateway first, so that no worker is missed. */
  async close(): Promise<void> {
    await this.gateway.stop();
    await Promise.all(this.workers.map((worker) => worker.stop()));
    process.off('exit', this.kill);
  }
}
