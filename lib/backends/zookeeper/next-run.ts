/** Runs something again and again, never twice at once: who asks while it runs gets the next run, with all who ask meanwhile. */
export class NextRun {
  #current: Promise<unknown> = Promise.resolve();
  #next: Promise<void> | undefined;

  constructor(private readonly run: () => Promise<void>) {}

  /** @returns a run that begins after this call */
  start(): Promise<void> {
    return (this.#next ??= this.#current.then(() => {
      this.#next = undefined;
      const run = this.run();
      this.#current = run.catch(() => undefined);
      return run;
    }));
  }
}
