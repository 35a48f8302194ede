import { ECHO_MS, IDLE_MS, SLICE } from '../lock-row.js';

/** Milliseconds and µs since the epoch as they are at this moment; `now()` would stand still in a transaction. */
const NOW_US = '(extract(epoch FROM clock_timestamp()) * 1000000)::bigint';
const NOW = '(extract(epoch FROM clock_timestamp()) * 1000)::bigint';
/** A release that is lost in a crash costs one lease and nothing else: it need not wait for the disk. */
const LAZILY = `(SELECT set_config('synchronous_commit', 'off', true)) AS lazily`;

export function lockTableDdl(table: string): string {
  // Rows are rewritten all the time: room in the page lets PostgreSQL do it without touching the index.
  return `CREATE TABLE IF NOT EXISTS ${table} (
  "name" text COLLATE "C" NOT NULL PRIMARY KEY,
  "owner" text,
  "first_token" bigint NOT NULL,
  "last_token" bigint NOT NULL,
  "expires_at" bigint NOT NULL,
  "wanted_until" bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50)`;
}

/** SQL of the lock table for PostgreSQL ≥ 13. `table` is quoted already; rows come back as arrays. */
export function postgresStatements(table: string) {
  // The clock as it stands in the row that was not inserted: one reading for the whole statement.
  const now = 'excluded.first_token / 1000';
  const replayed = `l.owner = excluded.owner AND l.expires_at > ${now}`;
  const next = 'greatest(l.last_token + 1, excluded.first_token)';
  return {
    /**
     * (name, owner, turns, leaseMs): first, last, remaining ms; or NULL, last, remaining ms, wanted ms of the row that is in
     * the way. A key that is held is only read: whoever takes a row lock has to wait for the disk.
     */
    acquire: `WITH attempt AS (
  INSERT INTO ${table} AS l (name, owner, first_token, last_token, expires_at, wanted_until)
  SELECT $1, $2, us, us + $3::bigint - 1, us / 1000 + $4::bigint, 0 FROM (SELECT ${NOW_US} AS us) AS clock
  WHERE NOT EXISTS (
    SELECT 1 FROM ${table} WHERE name = $1 AND expires_at > us / 1000 AND owner IS DISTINCT FROM $2
  )
  ON CONFLICT (name) DO UPDATE SET
    owner = excluded.owner,
    first_token = CASE WHEN ${replayed} THEN l.first_token ELSE ${next} END,
    last_token = CASE WHEN ${replayed} THEN l.last_token ELSE ${next} + excluded.last_token - excluded.first_token END,
    expires_at = CASE WHEN ${replayed} THEN l.expires_at ELSE excluded.expires_at END,
    wanted_until = CASE WHEN l.expires_at = 0 THEN least(l.wanted_until, ${now} + ${ECHO_MS}) ELSE l.wanted_until END
  WHERE l.expires_at <= ${now} OR l.owner = excluded.owner
  RETURNING first_token, last_token, expires_at - ${NOW} AS remaining
)
SELECT first_token, last_token, remaining, NULL::bigint FROM attempt
UNION ALL
SELECT NULL, last_token, expires_at - ${NOW}, wanted_until - ${NOW} FROM ${table}
WHERE name = $1 AND NOT EXISTS (SELECT 1 FROM attempt)`,

    /** (name, owner, leaseMs) */
    renew: `UPDATE ${table} SET expires_at = ${NOW} + $3::bigint
WHERE name = $1 AND owner = $2 AND expires_at > ${NOW}`,

    /**
     * (name, owner, used, keepMs, channel, payload): whether somebody waits, who is told then. Free is 0, not now: a clock
     * that steps back must not revive the lease.
     */
    release: `UPDATE ${table} SET
  owner = NULL,
  last_token = least(last_token, first_token + $3::bigint - 1),
  expires_at = CASE WHEN $4::bigint > 0 THEN ${NOW} + $4::bigint ELSE 0 END,
  wanted_until = CASE WHEN wanted_until > ${NOW} THEN wanted_until ELSE 0 END
FROM ${LAZILY}
WHERE name = $1 AND owner = $2 AND expires_at > ${NOW}
RETURNING wanted_until > 0, CASE WHEN wanted_until > 0 THEN pg_notify($5, $6) END`,

    /** (name): remaining ms, wanted ms, last token */
    look: `SELECT expires_at - ${NOW}, wanted_until - ${NOW}, last_token FROM ${table} WHERE name = $1`,

    /**
     * (name, ms): remaining ms; whether word is left, by this statement or another. The row is read as it was when the
     * statement began: if it was released meanwhile, no word is left, and `false` says so.
     */
    want: `WITH word AS (
  UPDATE ${table} SET wanted_until = ${NOW} + $2::bigint FROM ${LAZILY}
  WHERE name = $1 AND expires_at > ${NOW} AND wanted_until < ${NOW} + $2::bigint / 2 RETURNING 1
)
SELECT expires_at - ${NOW}, wanted_until >= ${NOW} + $2::bigint / 2 OR EXISTS (SELECT 1 FROM word)
FROM ${table} WHERE name = $1`,

    /** (after): the last key of the slice, if there are more behind it. */
    slice: `SELECT name FROM ${table} WHERE name > $1 ORDER BY name LIMIT 1 OFFSET ${String(SLICE - 1)}`,

    /** (after, to) */
    purge: `DELETE FROM ${table} WHERE name > $1 AND ($2::text IS NULL OR name <= $2)
AND expires_at <= ${NOW} AND last_token < (${NOW} - ${String(IDLE_MS)}) * 1000`,

    ping: `SELECT 1 FROM ${table} LIMIT 1`,

    /** (channel, payload) */
    notify: 'SELECT pg_notify($1, $2)',
  };
}
