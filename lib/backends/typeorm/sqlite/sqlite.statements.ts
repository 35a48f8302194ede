import { ECHO_MS, IDLE_MS, SLICE } from '../lock-row.js';

/** Milliseconds since the epoch by the database's clock; the same throughout one statement. */
const NOW = `CAST(unixepoch('subsec') * 1000 + 0.5 AS INTEGER)`;
/** Called by a release for a row that somebody waits for. RETURNING would tell the same, for 1 µs of every release. */
export const TELL_WANTED = 'nestjs_locked_wanted';

export function lockTableDdl(table: string): string {
  return `CREATE TABLE IF NOT EXISTS "${table}" (
  "name" text PRIMARY KEY NOT NULL,
  "owner" text,
  "first_token" bigint NOT NULL,
  "last_token" bigint NOT NULL,
  "expires_at" bigint NOT NULL,
  "wanted_until" bigint NOT NULL DEFAULT (0)
) WITHOUT ROWID`;
}

/** SQL of the lock table for SQLite ≥ 3.42. `table` is a checked identifier. */
export function sqliteStatements(table: string) {
  // The clock as it stands in the row that was not inserted: reading it once more would cost as much as the row itself.
  const now = 'excluded.first_token / 1000';
  const replayed = `l.owner = excluded.owner AND l.expires_at > ${now}`;
  const next = 'max(l.last_token + 1, excluded.first_token)';
  return {
    /**
     * (name, owner, turns, leaseMs). No row back: held by another. Tokens begin at the clock in µs, or behind the last.
     * A word of waiting ends soon after the release that answered it (`expires_at = 0`), not with a lease that ran out.
     */
    acquire: `INSERT INTO "${table}" AS l (name, owner, first_token, last_token, expires_at, wanted_until)
VALUES (?, ?, ${NOW} * 1000, ${NOW} * 1000 + ? - 1, ${NOW} + ?, 0)
ON CONFLICT (name) DO UPDATE SET
  owner = excluded.owner,
  first_token = CASE WHEN ${replayed} THEN l.first_token ELSE ${next} END,
  last_token = CASE WHEN ${replayed} THEN l.last_token ELSE ${next} + excluded.last_token - excluded.first_token END,
  expires_at = CASE WHEN ${replayed} THEN l.expires_at ELSE excluded.expires_at END,
  wanted_until = CASE WHEN l.expires_at = 0 THEN min(l.wanted_until, ${now} + ${ECHO_MS}) ELSE l.wanted_until END
WHERE l.expires_at <= ${now} OR l.owner = excluded.owner
RETURNING first_token, last_token, expires_at - ${NOW}`,

    /** (leaseMs, name, owner) */
    renew: `UPDATE "${table}" SET expires_at = ${NOW} + ? WHERE name = ? AND owner = ? AND expires_at > ${NOW}`,

    /** (used, keepMs, keepMs, name, owner). Free is 0, not now: a clock that steps back must not revive the lease. */
    release: `UPDATE "${table}" SET
  owner = NULL,
  last_token = min(last_token, first_token + ? - 1),
  expires_at = CASE WHEN ? > 0 THEN ${NOW} + ? ELSE 0 END,
  wanted_until = CASE WHEN wanted_until > ${NOW} THEN ${TELL_WANTED}(wanted_until) ELSE 0 END
WHERE name = ? AND owner = ? AND expires_at > ${NOW}`,

    /** (name) */
    look: `SELECT expires_at - ${NOW}, wanted_until - ${NOW}, last_token FROM "${table}" WHERE name = ?`,

    /** (ms, name) */
    want: `UPDATE "${table}" SET wanted_until = ${NOW} + ? WHERE name = ? AND expires_at > ${NOW}`,

    /** (after): the last key of the slice, if there are more behind it. */
    slice: `SELECT name FROM "${table}" WHERE name > ? ORDER BY name LIMIT 1 OFFSET ${SLICE - 1}`,

    /** (after, to, to) */
    purge: `DELETE FROM "${table}" WHERE name > ? AND (? IS NULL OR name <= ?)
AND expires_at <= ${NOW} AND last_token < (${NOW} - ${IDLE_MS}) * 1000`,

    ping: `SELECT 1 FROM "${table}" LIMIT 1`,
  };
}
