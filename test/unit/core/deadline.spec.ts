import { deadlineOf, driftMs, marginMs, parseDuration, renewEveryMs, renewTimeoutMs } from '../../../lib/core/index.js';

describe('the arithmetic of leases', () => {
  test.each([
    // lease, drift, margin, renewal time-out
    [150, 5, 30, 25],
    [200, 5, 40, 200 / 6],
    [500, 5, 50, 500 / 6],
    [10_000, 100, 1_000, 10_000 / 6],
    [30_000, 300, 3_000, 2_000],
    [86_400_000, 864_000, 8_640_000, 2_000],
  ])('a lease of %d ms: drift %d, margin %d, a renewal answers within %d', (lease, drift, margin, timeout) => {
    expect(driftMs(lease)).toBe(drift);
    expect(marginMs(lease)).toBe(margin);
    expect(renewTimeoutMs(lease)).toBe(timeout);
    expect(deadlineOf(1_000, lease)).toBe(1_000 + lease - drift);
  });

  test('renewals are due every third of the lease, ± 10 %', () => {
    expect(renewEveryMs(9_000, () => 0)).toBeCloseTo(2_700);
    expect(renewEveryMs(9_000, () => 0.5)).toBeCloseTo(3_000);
    expect(renewEveryMs(9_000, () => 1)).toBeCloseTo(3_300);
  });

  test('two renewals fit between the first failure and the moment the holder is told, for every lease', () => {
    for (const lease of [150, 151, 400, 1_000, parseDuration('lease', '24h')]) {
      const failedAt = renewEveryMs(lease, () => 1) + renewTimeoutMs(lease);
      expect(failedAt + renewTimeoutMs(lease)).toBeLessThan(deadlineOf(0, lease) - marginMs(lease));
    }
  });
});
