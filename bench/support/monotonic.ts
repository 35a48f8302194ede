/** `performance.now()` counts the same clock from the start of its process; a pause between the two reads is no offset. */
const OFFSET_MS = Math.max(
  ...Array.from({ length: 1_000 }, () => Number(process.hrtime.bigint()) / 1e6 - performance.now()),
);

/** CLOCK_MONOTONIC in ms: the same in all processes of a machine. */
export function monotonicMs(): number {
  return performance.now() + OFFSET_MS;
}

export async function untilMonotonic(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms - monotonicMs()));
}
