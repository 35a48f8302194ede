/** An AbortController whose signal is made when first asked for: most stores never look at it, and each costs a µs. */
export class LazyAbort {
  #callbacks: (() => void)[] | undefined;
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

  /** Calls back once when it is aborted, or at once if it is already; for those who need no signal. */
  onAbort(callback: () => void): void {
    if (this.#aborted) callback();
    else (this.#callbacks ??= []).push(callback);
  }

  abort(): void {
    if (this.#aborted) return;
    this.#aborted = true;
    this.#controller?.abort();
    for (const callback of this.#callbacks ?? []) callback();
    this.#callbacks = undefined;
  }
}
