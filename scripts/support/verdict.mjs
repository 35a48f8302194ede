/**
 * What Jest's own JSON result means for `npm test`: the lines to print, the count last, and the exit code. A spec file
 * that cannot even be loaded counts as a failure; a skipped test and an empty run are failures too.
 */
export function verdict(jestCode, results) {
  const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites, numPendingTests, numTodoTests } = results;
  const failed = numFailedTests + numRuntimeErrorTestSuites;
  const skipped = numPendingTests + numTodoTests;
  const lines = [];
  if (skipped > 0) lines.push(`${skipped} skipped: nothing may be skipped silently.`, ...skippedIn(results));
  if (numPassedTests + failed === 0) lines.push('No test ran.');
  lines.push(`${numPassedTests} passed, ${failed} failed`);
  const green = jestCode === 0 && failed === 0 && skipped === 0 && numPassedTests > 0;
  return { lines, exitCode: green ? 0 : jestCode || 1 };
}

function skippedIn({ testResults }) {
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
  return tests.filter(({ status }) => status === 'pending' || status === 'todo').map(({ fullName }) => `  ${fullName}`);
}
