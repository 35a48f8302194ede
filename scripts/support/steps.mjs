import { performance } from 'node:perf_hooks';
import { Trouble, run } from './run.mjs';

/** A step that passes when a tool of node_modules ends with 0, and shows what it printed when it does not. */
export const tool = (name, script, ...args) => ({
  name,
  async body(signal) {
    const stdio = ['ignore', 'pipe', 'pipe'];
    const { code, output } = await run(process.execPath, [`node_modules/${script}`, ...args], { stdio, signal });
    if (code !== 0) throw new Trouble(output.trimEnd(), code);
  },
});

/** Runs named steps in this order, `width` at a time, each with its time; stops all of them when the first fails. */
export async function runSteps(steps, width = 1) {
  const stop = new AbortController();
  const waiting = [...steps];
  const lane = async () => {
    for (let step = waiting.shift(); step && !stop.signal.aborted; step = waiting.shift()) await runStep(step, stop);
  };
  const lanes = await Promise.allSettled(Array.from({ length: width }, lane));
  // The step that failed first is the reason of the abort; its neighbours only say that they were aborted.
  if (lanes.some(({ status }) => status === 'rejected')) throw stop.signal.reason;
}

async function runStep({ name, body }, stop) {
  const started = performance.now();
  const seconds = () => `${((performance.now() - started) / 1000).toFixed(1)} s`;
  console.log(`… ${name}`);
  try {
    const note = await body(stop.signal);
    console.log(`✓ ${name}  ${seconds()}${note ? `  ${note}` : ''}`);
  } catch (error) {
    if (!stop.signal.aborted) console.log(`✗ ${name}  ${seconds()}`);
    stop.abort(error);
    throw error;
  }
}
