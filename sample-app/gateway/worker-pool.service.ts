import { setTimeout } from 'node:timers/promises';
import { Injectable, type OnApplicationShutdown, ServiceUnavailableException } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { type ClientProxy, ClientProxyFactory, Transport } from '@nestjs/microservices';
import { firstValueFrom, timeout } from 'rxjs';
import type { Environment } from '../shop/environment.js';

/** Longer than a worker waits for a lock (15 s), so that its own answer comes first. */
const ANSWER_MS = 20_000;
/** How long a request looks for a worker that lives. */
const PATIENCE_MS = 20_000;

/** The order workers, taken in turn. A request whose worker dies goes to the next: orders are idempotent. */
@Injectable()
export class WorkerPool implements OnApplicationShutdown {
  private readonly workers: readonly ClientProxy[];
  private turn = 0;

  constructor(config: ConfigService<Environment, true>) {
    const ports: readonly number[] = config.get('WORKER_PORTS');
    this.workers = ports.map((port) =>
      ClientProxyFactory.create({ transport: Transport.TCP, options: { host: '127.0.0.1', port } }),
    );
  }

  async send<T>(pattern: string, message: unknown): Promise<T> {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const worker = this.workers[this.turn++ % this.workers.length];
      if (!worker) throw new ServiceUnavailableException('No worker is configured.');
      try {
        return await firstValueFrom(worker.send<T>(pattern, message).pipe(timeout(ANSWER_MS)));
      } catch (error) {
        // An Error comes from the connection; what a worker threw arrives as a plain object and is final.
        if (!(error instanceof Error)) throw new ServiceUnavailableException(error);
        if (performance.now() > deadline) throw new ServiceUnavailableException('No worker answers.');
        await setTimeout(10);
      }
    }
  }

  onApplicationShutdown(): void {
    for (const worker of this.workers) void worker.close();
  }
}
