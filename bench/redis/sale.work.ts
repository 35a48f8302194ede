import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { acquireFor, contestantModule, type ContestantSettings } from '../support/contestant.js';
import { monotonicMs } from '../support/monotonic.js';
import { started } from '../support/starting-line.js';
import type { Entrant } from '../support/entrant.js';

export interface Buyers extends Entrant, ContestantSettings {
  readonly buyers: number;
  /** Holds the stock as one 32-bit number. */
  readonly file: string;
}

export interface Bought {
  readonly sold: number;
  readonly timedOut: number;
  readonly expired: number;
  readonly elapsedMs: number;
}

/** Buyers who all come at once: read the stock, think for 1 ms, write what is left. The sold out leave at once. */
export async function buy({ buyers, file, module, ...settings }: Buyers): Promise<Bought> {
  const contestant = await (await contestantModule(module)).open(settings);
  const release = await acquireFor(contestant, `warm-up ${String(process.pid)}`);
  await release();
  const disk = openSync(file, 'r+');
  let sold = 0;
  let timedOut = 0;
  let expired = 0;
  const buyer = async (): Promise<void> => {
    const leave = await contestant.acquire('sale');
    if (!leave) {
      timedOut++;
      return;
    }
    const stock = new Int32Array(1);
    readSync(disk, stock, 0, stock.byteLength, 0);
    const [left = 0] = stock;
    if (left > 0) {
      await pause(1);
      stock[0] = left - 1;
      writeSync(disk, stock, 0, stock.byteLength, 0);
      sold++;
    }
    if (!(await leave())) expired++;
  };
  const startAt = await started();
  await Promise.all(Array.from({ length: buyers }, buyer));
  const elapsedMs = monotonicMs() - startAt;
  closeSync(disk);
  await contestant.close();
  return { sold, timedOut, expired, elapsedMs };
}
