import type { Lease } from '../../../../lib/core/index.js';
import type { FakeClock } from '../../../../lib/testing/fake-clock.js';

interface Claim {
  readonly token: bigint;
  readonly from: number;
  until: number;
}

/** Who could rely on a key when; and the two rules that every history must keep. */
export class History {
  readonly #byKey = new Map<string, Claim[]>();
  size = 0;

  constructor(private readonly clock: FakeClock) {}

  /**
   * From the grant until the release is asked for, the loss is told, or the lease has ended.
   *
   * @returns to be called just before the release
   */
  granted({ storeKey, token, signal }: Lease, deadline: () => number): () => void {
    const claim: Claim = { token, from: this.clock.mono(), until: Infinity };
    const claims = this.#byKey.get(storeKey) ?? [];
    this.#byKey.set(storeKey, claims);
    claims.push(claim);
    this.size++;
    const end = (): void => {
      claim.until = Math.min(claim.until, this.clock.mono(), deadline());
    };
    signal.addEventListener('abort', end);
    return end;
  }

  /** What breaks a rule: two claims at once, or a token that does not grow. */
  violations(): string[] {
    const found: string[] = [];
    for (const [key, claims] of this.#byKey) {
      claims.forEach((claim, i) => {
        const before = claims[i - 1];
        if (!before) return;
        if (before.until > claim.from) found.push(`${key}: held until ${before.until}, granted at ${claim.from}`);
        if (before.token >= claim.token) found.push(`${key}: token ${before.token} before ${claim.token}`);
      });
    }
    return found;
  }
}
