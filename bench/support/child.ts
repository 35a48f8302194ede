import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { StartingLine } from './starting-line.js';

type Work<Input, Output> = (input: Input) => Promise<Output>;

/** What a child says: that it waits at the starting line, or what its work came to. */
type Message<Output> = { readonly ready: true } | { readonly output: Output };

/**
 * Runs an exported function of a module in a process of its own, so that no contestant inherits another's heap,
 * compiled code or async hooks.
 *
 * @param module path from the benches, without extension
 * @param line where the work waits for that of other processes, by `started()`
 */
export async function inChild<Input, Output>(
  module: string,
  work: Work<Input, Output>,
  input: Input,
  line?: StartingLine,
): Promise<Output> {
  const entry = fileURLToPath(new URL('./child.entry.js', import.meta.url));
  // Advanced: results may be typed arrays.
  const child = fork(entry, [module, work.name, JSON.stringify(input)], { serialization: 'advanced' });
  return await new Promise<Output>((resolve, reject) => {
    child.on('message', (message: Message<Output>) => {
      if ('ready' in message) {
        line?.arrived();
        void line?.startAt.then((startAt) => child.send(startAt));
      } else {
        resolve(message.output);
        child.disconnect();
      }
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
