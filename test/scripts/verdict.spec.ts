import { verdict } from '../../scripts/support/verdict.mjs';

const results = (counts: Record<string, number>) => ({
  numPassedTests: 0,
  numFailedTests: 0,
  numRuntimeErrorTestSuites: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  ...counts,
  testResults: [{ assertionResults: [{ status: 'pending', fullName: 'a skipped test' }] }],
});

describe('the verdict of npm test', () => {
  it('is green when every test passed', () => {
    expect(verdict(0, results({ numPassedTests: 7 }))).toEqual({ lines: ['7 passed, 0 failed'], exitCode: 0 });
  });

  it.each([
    ['a failed test', 1, { numPassedTests: 6, numFailedTests: 1 }, '6 passed, 1 failed'],
    ['a spec that does not load', 1, { numPassedTests: 6, numRuntimeErrorTestSuites: 1 }, '6 passed, 1 failed'],
    ['a skipped test', 0, { numPassedTests: 6, numPendingTests: 1 }, '6 passed, 0 failed'],
    ['a test to be written', 0, { numPassedTests: 6, numTodoTests: 1 }, '6 passed, 0 failed'],
    ['no test at all', 0, {}, '0 passed, 0 failed'],
    ['Jest itself', 1, { numPassedTests: 7 }, '7 passed, 0 failed'],
  ])('is red on %s', (_reason, code, counts, last) => {
    const { lines, exitCode } = verdict(code, results(counts));
    expect([lines.at(-1), exitCode]).toEqual([last, 1]);
  });

  it('names what was skipped', () => {
    expect(verdict(0, results({ numPassedTests: 1, numPendingTests: 1 })).lines).toContain('  a skipped test');
  });
});
