import { lockChannels } from 'nestjs-locked';
import { hear } from '../support/hear.js';

/** Code of the next error with which a caller is sent away. */
export function nextRefusal(): Promise<string> {
  return new Promise((resolve) => {
    const stop = hear(lockChannels.refused, ({ code }) => {
      stop();
      resolve(code);
    });
  });
}
