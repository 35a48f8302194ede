interface Waiter<T> {
  /** Of one that does not wait for as long as it takes. */
  readonly timer: NodeJS.Timeout | undefined;
  readonly resolve: (value: T) => void;
  readonly reject: (why: Error) => void;
}

/** Who waits for one thing that all of them will have. */
export class WaitingRoom<T> {
  readonly #waiting = new Set<Waiter<T>>();

  get size(): number {
    return this.#waiting.size;
  }

  /** @param tooLate what it fails with when nothing has come within so many ms */
  wait(withinMs: number, tooLate: () => Error): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const giveUp = (): void => {
        this.#waiting.delete(waiter);
        reject(tooLate());
      };
      const timer = withinMs === Infinity ? undefined : setTimeout(giveUp, withinMs);
      const waiter = { timer, resolve, reject };
      this.#waiting.add(waiter);
    });
  }

  resolve(value: T): void {
    for (const waiter of this.#dismissed([...this.#waiting])) waiter.resolve(value);
  }

  reject(why: Error): void {
    for (const waiter of this.#dismissed([...this.#waiting])) waiter.reject(why);
  }

  /** Sends away who waits for so many ms, and not for as long as it takes. */
  rejectImpatient(why: Error): void {
    const impatient = [...this.#waiting].filter(({ timer }) => timer !== undefined);
    for (const waiter of this.#dismissed(impatient)) waiter.reject(why);
  }

  #dismissed(waiters: readonly Waiter<T>[]): readonly Waiter<T>[] {
    for (const waiter of waiters) {
      clearTimeout(waiter.timer);
      this.#waiting.delete(waiter);
    }
    return waiters;
  }
}
