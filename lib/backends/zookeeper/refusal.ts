import { CODES } from './raw-client.js';

/** What a server answered instead of doing what it was asked for, or why no answer can come any more. */
export class Refusal extends Error {
  constructor(
    readonly code: number,
    message = `ZooKeeper answered with error ${nameOf(code)}.`,
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause });
  }
}

function nameOf(code: number): string {
  const name = Object.entries(CODES).find(([, known]) => known === code)?.[0];
  return name === undefined ? String(code) : `${name} (${String(code)})`;
}

export function isRefusal(error: unknown, code: keyof typeof CODES): error is Refusal {
  return error instanceof Refusal && error.code === CODES[code];
}

/** Whether the request may have been carried out, and the session may live on: only the answer will not come. */
export function isCut(error: unknown): boolean {
  return isRefusal(error, 'connectionLoss') || isRefusal(error, 'sessionMoved');
}
