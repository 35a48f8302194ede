import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

type Work<Input, Output> = (input: Input) => Promise<Output>;

/**
 * Runs an exported function of a module in a process of its own, so that no contestant inherits another's heap,
 * compiled code or async hooks.
 *
 * @param module file beside the benches, without extension
 */
export async function inChild<Input, Output>(module: string, work: Work<Input, Output>, input: Input): Promise<Output> {
  const entry = fileURLToPath(new URL('./child.entry.js', import.meta.url));
  // Advanced: results may be typed arrays.
  const child = fork(entry, [module, work.name, JSON.stringify(input)], { serialization: 'advanced' });
  return await new Promise<Output>((resolve, reject) => {
    child.once('message', (output) => {
      resolve(output as Output);
      child.disconnect();
    });
    child.once('exit', (code) => {
      reject(new Error(`${module}.${work.name} ended with ${String(code)} before it answered`));
    });
  }).finally(() => ended(child));
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) =>
    child.once('exit', () => {
      resolve();
    }),
  );
}
