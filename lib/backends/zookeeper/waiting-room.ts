interface Waiter<T> {
  readonly isPatient: boolean;
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
      const isPatient = withinMs === Infinity;
      const timer = isPatient
        ? undefined
        : setTimeout(() => {
            this.#waiting.delete(waiter);
            reject(tooLate());
          }, withinMs);
      const waiter: Waiter<T> = {
        isPatient,
        resolve: (value) => {
          clearTimeout(timer);
          resolve(value);
        },
        reject: (why) => {
          clearTimeout(timer);
          reject(why);
        },
      };
      this.#waiting.add(waiter);
    });
  }

  resolve(value: T): void {
    for (const waiter of this.#empty()) waiter.resolve(value);
  }

  reject(why: Error): void {
    for (const waiter of this.#empty()) waiter.reject(why);
  }

  /** Sends away who waits for so many ms, and not for as long as it takes. */
  rejectImpatient(why: Error): void {
    for (const waiter of this.#waiting) {
      if (waiter.isPatient) continue;
      this.#waiting.delete(waiter);
      waiter.reject(why);
    }
  }

  #empty(): readonly Waiter<T>[] {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    return waiting;
  }
}
