/** Owners that are just leaving one server: until then no new claim of theirs may begin there. */
export class Departures {
  readonly #leaving = new Map<string, Promise<void>>();

  /** @param departure never fails */
  add(owner: string, departure: Promise<void>): void {
    const all = Promise.all([this.#leaving.get(owner), departure]).then(() => {
      if (this.#leaving.get(owner) === all) this.#leaving.delete(owner);
    });
    this.#leaving.set(owner, all);
  }

  of(owner: string): Promise<void> | undefined {
    return this.#leaving.get(owner);
  }
}
