import { join } from 'node:path';
import type { Locker } from '../../lib/core/index.js';
import { type Engine, SqlStage } from '../backends/sql.stage.js';
import { runNode } from '../support/run-node.js';
import type { TcpProxy } from '../support/tcp-proxy.js';

const OPTIONS = { lease: 10_000, wait: 0 };

/** F21: the connections that there are fall silent for good, while the server is well and new ones work. */
describe.each<Engine>(['postgres', 'mariadb'])('%s: frozen connections', (engine) => {
  let stage: SqlStage;
  let proxy: TcpProxy;
  let locker: Locker;

  beforeEach(async () => {
    stage = await SqlStage.start(engine);
    proxy = await stage.proxy();
    locker = stage.locker(proxy.url);
  }, 120_000);

  afterEach(() => stage.stop());

  it.each([
    ['that have prepared nothing yet', () => locker.ping()],
    ['that know every statement', () => locker.using('warm', () => undefined)],
  ])('%s: calls end within their bound, and the next ones find new connections', async (_what, warm) => {
    await Promise.all(Array.from({ length: 8 }, () => warm()));
    proxy.freeze();
    const asked = Array.from({ length: 8 }, (_, i) =>
      locker.tryAcquire(`frozen ${String(i)}`, OPTIONS).catch(() => undefined),
    );
    await Promise.all(asked);
    const lease = await locker.acquire('thawed', { ...OPTIONS, wait: 5_000 });
    expect(await lease.release()).toEqual({ released: true });
  });

  it('while it is opened: the next call opens it again', async () => {
    // The server is asked for its version first; the answer never comes.
    proxy.filter((direction, chunk) => {
      if (direction === 'toServer' && /select version/i.test(chunk.toString('latin1'))) {
        proxy.freeze();
        return undefined;
      }
      return chunk;
    });
    await expect(locker.ping()).rejects.toMatchObject({ code: 'LOCK_BACKEND' });
    proxy.filter((_direction, chunk) => chunk);
    const lease = await locker.acquire('opened', { ...OPTIONS, wait: 5_000 });
    expect(await lease.release()).toEqual({ released: true });
  });

  it('a process that has closed its locks ends by itself', async () => {
    const { code, output } = await runNode([join(process.cwd(), 'test/faults/sql-frozen.child.mjs'), stage.server.url]);
    expect({ code, output }).toEqual({ code: 0, output: 'closed' });
  });
});
