interface Stoppable {
  stop(): Promise<void>;
}

/** All servers or none: where one does not start, the others are stopped. */
export async function startTogether<T extends Stoppable>(starts: readonly Promise<T>[]): Promise<T[]> {
  const started: T[] = [];
  const failures: unknown[] = [];
  for (const result of await Promise.allSettled(starts)) {
    if (result.status === 'fulfilled') started.push(result.value);
    else failures.push(result.reason);
  }
  return orStop(started, () => (failures.length === 0 ? started : Promise.reject(failures[0] as Error)));
}

/** Does what servers need to be of use; where that fails, they are stopped. */
export async function orStop<T>(servers: readonly Stoppable[], work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await stopAll(servers);
    throw error;
  }
}

export async function stopAll(servers: readonly Stoppable[]): Promise<void> {
  await Promise.all(servers.map((server) => server.stop()));
}
