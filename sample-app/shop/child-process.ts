import { once } from 'node:events';
import type { INestApplicationContext } from '@nestjs/common';

/** Tells the parent when the app serves, and closes it when the parent lets go or dies. */
export async function runAsChild(start: () => Promise<INestApplicationContext>): Promise<void> {
  const released = once(process, 'disconnect');
  const app = await start();
  if (process.connected) process.send?.('ready');
  await released;
  await app.close();
}
