import { SingleBar } from 'cli-progress';
import type { Books } from '../orders/stock.service.js';

/** How often the bar looks into the books. */
const PERIOD_MS = 100;

export interface Progress {
  answered(orders: number): void;
  stop(): Promise<void>;
}

/** A bar on a terminal, a line per second elsewhere; always on stderr, because stdout belongs to the result. */
export function showProgress(title: string, total: number, read: () => Promise<Books>): Progress {
  const bar = new SingleBar({
    format: `${title.padEnd(17)} {bar} sold {sold} · left {left} · waiting {waiting}`,
    stream: process.stderr,
    barsize: 30,
    noTTYOutput: true,
    notTTYSchedule: 1000,
  });
  let done = 0;
  let looking = Promise.resolve();
  const look = async () => {
    const { sold, left } = await read();
    bar.update(done, { sold, left, waiting: total - done });
  };
  bar.start(total, 0, { sold: 0, left: '-', waiting: total });
  // A look that fails is a frame that is missing, nothing more: the books are read again at the end.
  const timer = setInterval(() => {
    looking = looking.then(look).catch(() => undefined);
  }, PERIOD_MS);
  return {
    answered: (orders) => (done = orders),
    stop: async () => {
      clearInterval(timer);
      await looking.then(look).finally(() => {
        bar.stop();
      });
    },
  };
}
