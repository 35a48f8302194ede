/** An AbortController whose signal is made when first asked for: most stores never look at it, and each costs a µs. */
export class LazyAbort {
  readonly #callbacks = new Set<() => void>();
  #controller: AbortController | undefined;
  #aborted = false;

  get aborted(): boolean {
    return this.#aborted;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#aborted) this.#controller.abort();
    return this.#controller.signal;
  }

  /** Calls back once, at once if it is aborted already; for those who need no signal. */
  onAbort(callback: () => void): () => void {
    if (this.#aborted) callback();
    else this.#callbacks.add(callback);
    return () => this.#callbacks.delete(callback);
  }

  abort(): void {
    if (this.#aborted) return;
    this.#aborted = true;
    this.#controller?.abort();
    for (const callback of this.#callbacks) callback();
    this.#callbacks.clear();
  }
}
