import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { lockChannels, type RefusedEvent } from 'nestjs-locked';

/** Code of the next error with which a caller is sent away. */
export function nextRefusal(): Promise<string> {
  return new Promise((resolve) => {
    const listener = (event: unknown) => {
      unsubscribe(lockChannels.refused.name, listener);
      resolve((event as RefusedEvent).code);
    };
    subscribe(lockChannels.refused.name, listener);
  });
}
