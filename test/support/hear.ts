import type { Channel } from 'node:diagnostics_channel';

/**
 * Listens on the channel object that the code under test publishes on. By name another object may be found: a channel of
 * that name from an earlier spec file's modules, whose collection as garbage takes the present one's entry with it.
 *
 * @returns stops listening
 */
export function hear<T>(channel: Channel<unknown, T>, listener: (event: T) => void): () => void {
  const note = (event: unknown): void => {
    listener(event as T);
  };
  channel.subscribe(note);
  return () => {
    channel.unsubscribe(note);
  };
}
