import type { DataSource, QueryRunner } from 'typeorm';
import type { LockErrorContext } from '../../../core/errors.js';
import type { Lease } from '../../../core/lease.js';
import type { LeaseSet } from '../../../core/lease-set.js';
import { fenceStatements, type FenceStatements } from '../../../fencing/fence.statements.js';
import { fencesOf } from '../../../fencing/fences-of.js';
import type { FencingToken } from '../../../fencing/fencing-token.js';
import { raiseFences } from '../../../fencing/raise-fences.js';
import type { Statement } from '../../../fencing/statement.js';
import { backOff } from '../back-off.js';
import { boundsOf } from './fence.bounds.js';
import { diagnoseFence } from './fence.diagnosis.js';
import type { Place } from './place.js';
import { begin, type Isolation, type Opened } from './transaction.js';

/** Thrown inside a transaction to have a row inserted outside of it. */
class MissingFence extends Error {
  constructor(readonly fence: FencingToken) {
    super('A fence has no row yet.');
  }
}

/** Begins a transaction with the guard, as often as it takes while the lease is held. */
export class GuardedBeginning {
  readonly #statements: FenceStatements;
  readonly #leases: readonly Lease[];
  /** Those whose row is sure to be there. */
  readonly #made = new Set<string>();

  constructor(
    private readonly place: Place,
    private readonly lease: Lease | LeaseSet,
    private readonly options: { readonly isolation?: Isolation | undefined; readonly table?: string | undefined },
  ) {
    const { engine, schema } = place;
    this.#statements = fenceStatements({ engine, schema, table: options.table });
    this.#leases = leasesOf(lease);
  }

  /** Whether the lease leaves time for another attempt. @throws LockLostError when it is lost */
  mayWait(): boolean {
    this.lease.assertHeld();
    return this.#leftMs > 0;
  }

  /** @throws what the last attempt failed with */
  async begin(source: DataSource): Promise<Opened> {
    for (let failed = 1; ; failed++) {
      try {
        return await this.#attempt(source);
      } catch (error) {
        if (error instanceof MissingFence) await this.#make(error.fence, source);
        // On SQLite it has waited for the write lock already, and no rival is left once that is had.
        else if (this.place.engine === 'sqlite' || !this.#isRival(error) || !this.mayWait()) throw error;
      }
      await backOff(failed);
    }
  }

  get #leftMs(): number {
    return Math.min(...this.#leases.map((lease) => lease.remainingMs));
  }

  #isRival(error: unknown): boolean {
    return diagnoseFence(this.place.engine, error).trouble === 'rival';
  }

  async #attempt(source: DataSource): Promise<Opened> {
    const { engine } = this.place;
    const fences = fencesOf(this.lease);
    const bounds = boundsOf(engine, this.#leftMs);
    const isolation = engine === 'sqlite' ? undefined : this.options.isolation;
    let sent = 0;
    const guard = async (runner: QueryRunner): Promise<void> => {
      await this.place.enter(() => this.mayWait());
      await raiseFences(fences, {
        statements: { ...this.#statements, raise: (fence) => this.#statements.raise(fence, bounds.from) },
        run: (statement) => run(runner, bounds.around?.(statement, sent++ === 0) ?? statement),
        insert: (fence) => this.#insert(fence, runner),
      });
    };
    return await begin(source, isolation, guard, bounds.restore);
  }

  /** Not in the transaction: two that saw the same gap and insert into it would be in a deadlock (MySQL). */
  async #insert(fence: FencingToken, runner: QueryRunner): Promise<void> {
    // SQLite has one writer, and this is it.
    if (this.place.engine === 'sqlite') await run(runner, this.#statements.insert(fence));
    else if (!this.#made.has(fence.storeKey)) throw new MissingFence(fence);
  }

  async #make(fence: FencingToken, source: DataSource): Promise<void> {
    const { sql, params } = this.#statements.insert(fence);
    try {
      await source.query(sql, [...params]);
      this.#made.add(fence.storeKey);
    } catch (error) {
      if (!this.#isRival(error) || !this.mayWait()) throw error;
    }
  }
}

/** What an error of ours is about. */
export function contextOf(lease: Lease | LeaseSet): LockErrorContext {
  const [first] = leasesOf(lease);
  return { key: first?.storeKey, backend: first?.backend };
}

function leasesOf(lease: Lease | LeaseSet): readonly Lease[] {
  return 'leases' in lease ? lease.leases : [lease];
}

async function run(runner: QueryRunner, { sql, params }: Statement): Promise<number> {
  const { affected } = await runner.query(sql, [...params], true);
  return affected ?? 0;
}
