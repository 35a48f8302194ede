/** Ends this process when its parent has ended, however it did. An order that is cut off so is not in the database. */
export function endWithParent(): void {
  process.once('disconnect', () => process.exit(1));
  // Gone already, while this process was loading.
  if (process.send && !process.connected) process.exit(1);
}

/** What a process of the shop tells the one that has started it. */
export type Told = 'ready' | 'paused' | 'written' | 'refused';

/** Settles when it is on its way. */
export async function tellParent(told: Told): Promise<void> {
  // A parent that is gone is seen by `endWithParent`; here it must not become an unhandled error.
  await new Promise<void>((resolve) => {
    if (!process.send) resolve();
    process.send?.(told, undefined, undefined, () => {
      resolve();
    });
  });
}

export function onParentSays(command: 'pause', act: () => void): void {
  process.on('message', (message) => {
    if (message === command) act();
  });
}
