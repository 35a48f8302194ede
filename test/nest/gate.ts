/** Work that stands still until the test lets it go on. */
export class Gate {
  #entered!: () => void;
  #open!: () => void;
  readonly entered = new Promise<void>((resolve) => (this.#entered = resolve));
  readonly opened = new Promise<void>((resolve) => (this.#open = resolve));

  async pass(): Promise<void> {
    this.#entered();
    await this.opened;
  }

  open(): void {
    this.#open();
  }
}
