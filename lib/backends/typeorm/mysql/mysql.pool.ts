import type { DataSource } from 'typeorm';
import { systemClock } from '../../../core/clock.js';
import { DRIVER_TIMEOUT_MS } from '../server.js';

/** How long connections may take to say goodbye. */
const GOODBYE_MS = 500;

/** The part of mysql2 that stands beneath TypeORM's driver and prepares statements once per connection. */
interface DriverPool {
  getConnection(callback: (error: Error | null, connection: DriverConnection) => void): void;
}

interface DriverConnection {
  execute(query: object, callback: (error: Error | null, result: unknown) => void): unknown;
  on(event: 'error', hear: () => void): unknown;
  release(): void;
  /** Takes it out of the pool; its socket stays until the other side answers. */
  destroy(): void;
  readonly stream: { readonly destroyed: boolean; destroy(): void };
}

/** Prepared statements over TypeORM's pool, each of which ends, and connections that can be left for good. */
export class MysqlPool {
  readonly #pool: DriverPool;
  readonly #seen = new Set<DriverConnection>();

  constructor(private readonly dataSource: DataSource) {
    this.#pool = (dataSource.driver as unknown as { readonly pool: DriverPool }).pool;
  }

  /**
   * Values never become part of the text, whose escapes depend on the session's `sql_mode`. mysql2's own bound leaves out the
   * preparing, and a connection that is silent would be kept: whoever came next would wait behind.
   */
  execute(sql: string, values: readonly unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      let connection: DriverConnection | undefined;
      let isOver = false;
      const timer = systemClock.setTimer(() => {
        isOver = true;
        if (connection) this.#drop(connection);
        reject(
          Object.assign(new Error('The statement was not answered in time.'), { code: 'PROTOCOL_SEQUENCE_TIMEOUT' }),
        );
      }, DRIVER_TIMEOUT_MS);
      this.#pool.getConnection((refused, given) => {
        if (refused) {
          timer.cancel();
          reject(refused);
          return;
        }
        if (isOver) {
          given.release();
          return;
        }
        connection = given;
        this.#look(given);
        given.execute({ sql, values, rowsAsArray: true }, (error, result) => {
          if (isOver) return;
          timer.cancel();
          given.release();
          if (error) reject(error);
          else resolve(result);
        });
      });
    });
  }

  /** Says goodbye to the server, and does not wait for one that is gone. */
  async close(): Promise<void> {
    const timer = systemClock.setTimer(() => {
      for (const connection of this.#seen) connection.stream.destroy();
    }, GOODBYE_MS);
    await this.dataSource.destroy();
    timer.cancel();
  }

  #look(connection: DriverConnection): void {
    if (this.#seen.has(connection)) return;
    for (const other of this.#seen) if (other.stream.destroyed) this.#seen.delete(other);
    this.#seen.add(connection);
    // An idle one that is cut leaves the pool by itself; nobody else hears its error, which would end the process.
    connection.on('error', () => undefined);
  }

  #drop(connection: DriverConnection): void {
    connection.destroy();
    connection.stream.destroy();
    this.#seen.delete(connection);
  }
}
