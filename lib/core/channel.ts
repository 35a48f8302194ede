import { channel, type Channel } from 'node:diagnostics_channel';
import type { LostReason } from './errors.js';

/** What every event says. Labels are templates, never keys: their number is bounded. */
export interface LockEvent {
  /** Id of the Locker: the channels are shared by the whole process. */
  readonly locker: string;
  /** Name under which the module registered it; `default` unless told. */
  readonly name: string;
  /** Name of the store. */
  readonly backend: string;
  /** Template of the key, or the label the caller gave; empty for calls without one. */
  readonly label: string;
}

export interface GrantedEvent extends LockEvent {
  readonly token: bigint;
  readonly waitedMs: number;
  /** Whether it was passed on inside this process, without asking the store. */
  readonly handedOver: boolean;
}
export interface ReleasedEvent extends LockEvent {
  readonly token: bigint;
  readonly heldMs: number;
}
export interface RefusedEvent extends LockEvent {
  /** Code of the error the caller got: `LOCK_BUSY`, `LOCK_TIMEOUT`, `LOCK_ABORTED`, `LOCK_BACKEND` … */
  readonly code: string;
  readonly waitedMs: number;
}
export interface LostEvent extends LockEvent {
  readonly token: bigint;
  readonly reason: LostReason;
}
/** A renewal failed, the clocks disagree: the lease is in doubt until the store has answered. */
export interface SuspectEvent extends LockEvent {
  readonly error: unknown;
}
/** The store failed where no caller could be told: a release in the background, for example. */
export interface TroubleEvent extends LockEvent {
  readonly error: unknown;
}

export interface LockEvents {
  readonly granted: GrantedEvent;
  readonly released: ReleasedEvent;
  readonly refused: RefusedEvent;
  readonly lost: LostEvent;
  readonly suspect: SuspectEvent;
  readonly trouble: TroubleEvent;
}

type Channels = { readonly [Name in keyof LockEvents]: Channel<unknown, LockEvents[Name]> };

/**
 * diagnostics_channel channels, named `nestjs-locked:<event>`. Each is free while nobody subscribes:
 * look at `hasSubscribers` before an event is built.
 */
export const lockChannels: Channels = {
  granted: channelOf('granted'),
  released: channelOf('released'),
  refused: channelOf('refused'),
  lost: channelOf('lost'),
  suspect: channelOf('suspect'),
  trouble: channelOf('trouble'),
};

function channelOf<Name extends keyof LockEvents>(name: Name): Channel<unknown, LockEvents[Name]> {
  return channel(`nestjs-locked:${name}`) as Channel<unknown, LockEvents[Name]>;
}
