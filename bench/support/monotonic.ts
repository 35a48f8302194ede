/** Time for several processes to load and connect before they begin together. */
const START_IN_MS = 2_000;

/** `performance.now()` counts the same clock from the start of its process; a pause between the two reads is no offset. */
const OFFSET_MS = Math.max(
  ...Array.from({ length: 1_000 }, () => Number(process.hrtime.bigint()) / 1e6 - performance.now()),
);

/** CLOCK_MONOTONIC in ms: the same in all processes of a machine. */
export function monotonicMs(): number {
  return performance.now() + OFFSET_MS;
}

/** When processes that are started now shall begin, in monotonic ms. */
export function startTogether(): number {
  return monotonicMs() + START_IN_MS;
}

/** Waits for an instant, so that processes which were given the same begin together. */
export async function untilMonotonic(ms: number): Promise<void> {
  const ahead = ms - monotonicMs();
  if (ahead < 0) throw new Error(`this process was ${Math.round(-ahead)} ms late for the start`);
  await new Promise((resolve) => setTimeout(resolve, ahead));
}
