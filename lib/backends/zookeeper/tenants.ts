import type { Connection } from './connection.js';
import type { Refusal } from './refusal.js';

/** What lives and dies with a session. */
export interface Tenant {
  /** A heartbeat was answered. */
  onBeat(connection: Connection): void;
  /** The connection was cut: nothing is certain until the next heartbeat. */
  onCut(why: Refusal): void;
  onOver(): void;
}

/** All who live with one session. What they are told may have them leave. */
export class Tenants {
  readonly #present = new Set<Tenant>();

  add(tenant: Tenant): void {
    this.#present.add(tenant);
  }

  delete(tenant: Tenant): void {
    this.#present.delete(tenant);
  }

  beat(connection: Connection): void {
    for (const tenant of [...this.#present]) tenant.onBeat(connection);
  }

  cut(why: Refusal): void {
    for (const tenant of [...this.#present]) tenant.onCut(why);
  }

  over(): void {
    const all = [...this.#present];
    this.#present.clear();
    for (const tenant of all) tenant.onOver();
  }
}
