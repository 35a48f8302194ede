/** What can stand in a {@link Fifo}: it carries its own links, so that leaving from the middle costs nothing. */
export interface FifoEntry<T> {
  ahead: T | undefined;
  behind: T | undefined;
}

/** First in, first out; anybody may leave early. */
export class Fifo<T extends FifoEntry<T>> {
  #head: T | undefined;
  #tail: T | undefined;
  #size = 0;

  get head(): T | undefined {
    return this.#head;
  }

  get size(): number {
    return this.#size;
  }

  push(entry: T): void {
    entry.ahead = this.#tail;
    if (this.#tail) this.#tail.behind = entry;
    else this.#head = entry;
    this.#tail = entry;
    this.#size++;
  }

  /** The entry must stand in this queue. */
  remove(entry: T): void {
    const { ahead, behind } = entry;
    if (ahead) ahead.behind = behind;
    else this.#head = behind;
    if (behind) behind.ahead = ahead;
    else this.#tail = ahead;
    entry.ahead = entry.behind = undefined;
    this.#size--;
  }

  /** From the head; entries may leave while they are visited, as long as it is the visited one. */
  *[Symbol.iterator](): IterableIterator<T> {
    for (let entry = this.#head, next: T | undefined; entry; entry = next) {
      next = entry.behind;
      yield entry;
    }
  }
}
