/** Told once: that the node is gone, or why nobody will tell any more. */
export type OnGone = (trouble?: Error) => void;

/**
 * Who waits for which node to be deleted, with one watch at the server for each node however many wait for it. A watch
 * that nobody needs any more stays until it fires: a node that is watched again needs no second one.
 */
export class Watches {
  readonly #waiting = new Map<string, Set<OnGone>>();

  /** @param arm leaves a watch, and calls `fired` once it has gone off; fails where there will be none */
  constructor(private readonly arm: (path: string, fired: (isDeleted: boolean) => void) => Promise<unknown>) {}

  /** @returns ends the wait */
  add(path: string, onGone: OnGone): () => void {
    const waiting = this.#waiting.get(path) ?? this.#armed(path);
    waiting.add(onGone);
    return () => {
      waiting.delete(onGone);
    };
  }

  /** Nobody will tell any more. */
  end(trouble: Error): void {
    for (const path of [...this.#waiting.keys()]) this.#tell(path, trouble);
  }

  #armed(path: string): Set<OnGone> {
    const waiting = new Set<OnGone>();
    this.#waiting.set(path, waiting);
    this.#arm(path);
    return waiting;
  }

  #arm(path: string): void {
    const fired = (isDeleted: boolean): void => {
      if (isDeleted) this.#tell(path);
      // Somebody wrote into the node (Curator's way of asking its holder to let go).
      else if (this.#waiting.get(path)?.size) this.#arm(path);
      else this.#waiting.delete(path);
    };
    this.arm(path, fired).catch((error: unknown) => {
      this.#tell(path, error instanceof Error ? error : new Error(String(error)));
    });
  }

  #tell(path: string, trouble?: Error): void {
    const waiting = this.#waiting.get(path);
    this.#waiting.delete(path);
    for (const onGone of waiting ?? []) onGone(trouble);
  }
}
