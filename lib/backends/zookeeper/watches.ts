/** Told once: that the node is gone, or why nobody will tell any more. */
export type OnGone = (trouble?: Error) => void;

/**
 * Who waits for which node to be deleted, with one watch at the server for each node however many wait for it. A watch
 * that nobody needs any more stays until it fires: a node that is watched again needs no second one.
 */
export class Watches {
  readonly #waiting = new Map<string, Set<OnGone>>();

  /** @param arm leaves a watch, and answers whether there is such a node; where there is none there is no watch */
  constructor(private readonly arm: (path: string) => Promise<boolean>) {}

  /** @returns ends the wait */
  add(path: string, onGone: OnGone): () => void {
    let waiting = this.#waiting.get(path);
    if (!waiting) {
      this.#waiting.set(path, (waiting = new Set()));
      this.#arm(path);
    }
    waiting.add(onGone);
    return () => {
      waiting.delete(onGone);
    };
  }

  /** A watch has gone off, and is no more. */
  fired(path: string, isDeleted: boolean): void {
    if (isDeleted) this.#tell(path);
    // Somebody wrote into the node (Curator's way of asking its holder to let go).
    else if (this.#waiting.get(path)?.size) this.#arm(path);
    else this.#waiting.delete(path);
  }

  /** Nobody will tell any more. */
  end(trouble: Error): void {
    for (const path of [...this.#waiting.keys()]) this.#tell(path, trouble);
  }

  #arm(path: string): void {
    this.arm(path).then(
      (isThere) => {
        if (!isThere) this.#tell(path);
      },
      (error: unknown) => {
        this.#tell(path, error instanceof Error ? error : new Error(String(error)));
      },
    );
  }

  #tell(path: string, trouble?: Error): void {
    const waiting = this.#waiting.get(path);
    this.#waiting.delete(path);
    for (const onGone of waiting ?? []) onGone(trouble);
  }
}
