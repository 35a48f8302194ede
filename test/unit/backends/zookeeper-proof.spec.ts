import { ProofOfLife } from '../../../lib/backends/zookeeper/proof-of-life.js';
import { seeded } from '../core/support/random.js';

const SESSION_MS = 10_000;

/** A leader that ends a session when it has not heard of it for so long; told by a follower, twice per tick. */
class Leader {
  readonly #touches: number[] = [];
  #expiry: number;
  #told: number;

  constructor(
    opened: number,
    private readonly everyMs: number,
    phase: number,
  ) {
    this.#expiry = opened + SESSION_MS;
    this.#told = opened + phase;
  }

  /** The follower has heard something of the client. */
  touch(at: number): void {
    this.#tell(at);
    this.#touches.push(at);
  }

  /** When the session ends at the leader if the follower is cut off now. */
  expiry(now: number): number {
    this.#tell(now);
    return this.#expiry;
  }

  #tell(now: number): void {
    for (; this.#told <= now; this.#told += this.everyMs) {
      if (this.#touches.splice(0).length > 0) this.#expiry = this.#told + SESSION_MS;
    }
  }
}

describe('how long an answered write proves a session', () => {
  const proven = (...sent: number[]): number => {
    const proof = new ProofOfLife(SESSION_MS);
    proof.opened(0, SESSION_MS);
    for (const at of sent) proof.written(at);
    return proof.deadline;
  };
  const beats = (until: number): number[] => Array.from({ length: until / 1_250 }, (_, i) => (i + 1) * 1_250);

  it('two thirds of the session from a handshake on, and from each write of a steady beat on', () => {
    expect(proven()).toBeCloseTo(6_666.7, 0);
    expect(proven(...beats(20_000))).toBeCloseTo(26_666.7, 0);
  });

  it('no longer than what the leader has heard of for certain, after a silence', () => {
    const steady = beats(5_000);
    // The last one that is a quarter older than the last but one.
    expect(proven(...steady, 11_000)).toBeCloseTo(5_000 + (SESSION_MS * 11) / 12, 0);
    expect(proven(...steady, 11_000, 11_100, 11_200)).toBeCloseTo(5_000 + (SESSION_MS * 11) / 12, 0);
    expect(proven(...steady, 11_000, 13_500)).toBeCloseTo(13_500 + (SESSION_MS * 2) / 3, 0);
  });

  it('an answer to an older one shortens nothing', () => {
    const proof = new ProofOfLife(SESSION_MS);
    proof.opened(0, SESSION_MS);
    proof.written(4_000);
    const { deadline } = proof;
    proof.written(3_000);
    expect(proof.deadline).toBe(deadline);
  });

  it('a handshake with a shorter session counts at once; a longer one only from the next write on', () => {
    const proof = new ProofOfLife(SESSION_MS);
    proof.opened(0, SESSION_MS);
    proof.opened(1_000, 3_000);
    expect(proof.deadline).toBe(3_000);
    proof.opened(1_100, 30_000);
    expect(proof.deadline).toBe(3_000);
    proof.written(1_200);
    expect(proof.deadline).toBe(21_200);
  });

  it('ends before the leader can end it, whenever a follower is cut off from the leader, whatever was sent before', () => {
    const random = seeded(7);
    let closest = Infinity;
    for (let run = 0; run < 2_000; run++) {
      const everyMs = (SESSION_MS / 4) * (0.1 + 0.9 * random());
      const leader = new Leader(0, everyMs, everyMs * random());
      const proof = new ProofOfLife(SESSION_MS);
      proof.opened(0, SESSION_MS);
      for (let now = 0; ;) {
        now += random() < 0.7 ? 1_250 : random() * 9_000 * random();
        if (now >= proof.deadline) break;
        leader.touch(now);
        proof.written(now);
        const left = leader.expiry(now) - proof.deadline;
        closest = Math.min(closest, left);
        if (now > 200_000) break;
      }
    }
    expect(closest).toBeGreaterThan(0);
    // Not for nothing: it is not as careful as that.
    expect(closest).toBeLessThan(SESSION_MS / 4);
  });
});
