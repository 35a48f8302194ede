/** Owners with something still under way on one server: until then no new claim of theirs may begin there. */
export class Unsettled {
  readonly #underWay = new Map<string, Promise<void>>();

  /** @param work whatever it ends with, it has ended */
  add(owner: string, work: Promise<unknown>): void {
    const settled = work.catch(() => undefined);
    const all = Promise.all([this.#underWay.get(owner), settled]).then(() => {
      if (this.#underWay.get(owner) === all) this.#underWay.delete(owner);
    });
    this.#underWay.set(owner, all);
  }

  of(owner: string): Promise<void> | undefined {
    return this.#underWay.get(owner);
  }
}
