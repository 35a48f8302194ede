/**
 * Tells of a silence of so many ms, unless it is called off before. What has arrived by then is read first: a process that
 * was busy for so long finds the answer and the end of its patience at the same time.
 *
 * @returns calls it off
 */
export function watchdog(ms: number, onSilence: () => void): () => void {
  let isCalledOff = false;
  const timer = setTimeout(() => {
    setImmediate(() => {
      if (!isCalledOff) onSilence();
    });
  }, ms).unref();
  return () => {
    isCalledOff = true;
    clearTimeout(timer);
  };
}
