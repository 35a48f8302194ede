import type { AcquireRequest, LockMode } from './backend.js';
import type { LazyAbort } from './lazy-abort.js';

/** A line's request, whose signal is made only for the stores that look at it. */
export class LineRequest implements AcquireRequest {
  constructor(
    readonly key: string,
    readonly owner: string,
    readonly leaseMs: number,
    readonly turns: number,
    readonly mode: LockMode,
    readonly mayWait: boolean,
    readonly cancelled: LazyAbort,
    private readonly room: { isUnanswered: boolean },
  ) {}

  onQueued(): void {
    this.room.isUnanswered = false;
  }

  get signal(): AbortSignal {
    return this.cancelled.signal;
  }
}
