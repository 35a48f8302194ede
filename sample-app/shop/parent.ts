/** Ends this process when its parent has ended, however it did. An order that is cut off so is not in the database. */
export function endWithParent(): void {
  process.once('disconnect', () => process.exit(1));
  // Gone already, while this process was loading.
  if (process.send && !process.connected) process.exit(1);
}

export function tellParentReady(): void {
  // A parent that is gone is seen by `endWithParent`; here it must not become an unhandled error.
  process.send?.('ready', undefined, undefined, () => undefined);
}
