import { freePorts } from './free-ports.js';
import { ShopProcess } from './shop-process.js';

/** The processes of one run: a gateway and its order workers. */
export class Shop {
  private constructor(
    private readonly gateway: ShopProcess,
    private readonly workers: ShopProcess[],
  ) {}

  /** Resolves when all of them serve. */
  static async open(options: { workers: number; locked: boolean }): Promise<Shop> {
    const [gatewayPort = 0, ...workerPorts] = await freePorts(options.workers + 1);
    const shop = new Shop(
      ShopProcess.start('gateway', gatewayPort, {
        WORKER_PORTS: workerPorts.join(','),
        LOCKED: String(options.locked),
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
