/** Shares of a session's length. */
const COUNTS_ALONE = 2 / 3;
const COUNTS_ONCE_HEARD = 11 / 12;
const HEARD_AFTER = 1 / 4;
/** Of many writes some are enough to go by. */
const APART = 1 / 32;

/**
 * Until when a session is relied on. The leader ends sessions. It answers every write, but what keeps a session alive is
 * that it hears of its requests, and that it does when it asks the server we talk to for a sign of life: twice per tick,
 * and a session has two ticks at least. So an answered write tells for certain that the leader has heard of whatever was
 * sent a quarter of the session before it. (ZooKeeper 3.8: Leader.lead, LearnerHandler, SessionTrackerImpl.)
 */
export class ProofOfLife {
  /** In monotonic ms. */
  deadline = Infinity;
  /** When the last request was sent of which the leader has heard for certain. */
  #heard = -Infinity;
  /** When later ones were sent, in order. */
  readonly #unheard: number[] = [];

  /** @param sessionMs how long the session is, as long as nobody has agreed to it */
  constructor(public sessionMs: number) {}

  /** A handshake that was sent then has been answered: by the leader, who has given the session so many ms. */
  opened(sent: number, sessionMs: number): void {
    this.sessionMs = sessionMs;
    this.#heard = sent;
    this.#unheard.length = 0;
    // Another server may have made it shorter.
    this.deadline = Math.min(this.deadline, sent + COUNTS_ALONE * sessionMs);
  }

  /** A write that was sent then has been answered. */
  written(sent: number): void {
    const last = this.#unheard.at(-1) ?? this.#heard;
    if (sent - last >= APART * this.sessionMs) this.#unheard.push(sent);
    while ((this.#unheard[0] ?? Infinity) <= sent - HEARD_AFTER * this.sessionMs)
      this.#heard = this.#unheard.shift() as number;
    const deadline = Math.min(sent + COUNTS_ALONE * this.sessionMs, this.#heard + COUNTS_ONCE_HEARD * this.sessionMs);
    this.deadline = Math.max(this.deadline, deadline);
  }

  /** How long a proof lasts, in ms. */
  get lengthMs(): number {
    return COUNTS_ALONE * this.sessionMs;
  }
}
