import { ECHO_MS, IDLE_MS, SLICE } from '../lock-row.js';

/** By the clock of the server in UTC, whatever the time zone of the session. */
const NOW_US = `TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6))`;
const NOW = `(${NOW_US} DIV 1000)`;

/** `varbinary`: every collation that all versions know folds case, accents or trailing blanks of some keys. */
export function lockTableDdl(table: string): string {
  return `CREATE TABLE IF NOT EXISTS ${table} (
  \`name\` varbinary(512) NOT NULL PRIMARY KEY,
  \`owner\` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
  \`first_token\` bigint NOT NULL,
  \`last_token\` bigint NOT NULL,
  \`expires_at\` bigint NOT NULL,
  \`wanted_until\` bigint NOT NULL DEFAULT 0
) ENGINE=InnoDB`;
}

/**
 * SQL of the lock table for MySQL ≥ 8 and MariaDB ≥ 10.6, one text for both. `table` is quoted already. The answer of an
 * UPDATE is its insert id, set by LAST_INSERT_ID(): a count of rows means different things under different flags.
 * No assignment reads a column that another one before it has written: the two differ in what it would see.
 */
export function mysqlStatements(table: string) {
  const replayed = `owner = ? AND expires_at > ${NOW}`;
  const next = `GREATEST(last_token + 1, ${NOW_US})`;
  return {
    /**
     * (owner, owner, turns, turns, leaseMs, owner, name, owner): the first token, or 0: held by another, or no such row.
     * A repeated request of the same owner gets the same block, for another lease from now on.
     */
    acquire: `UPDATE ${table} SET
  first_token = LAST_INSERT_ID(IF(${replayed}, first_token, ${next})),
  last_token = IF(${replayed}, GREATEST(last_token, first_token + ? - 1), ${next} + ? - 1),
  wanted_until = IF(expires_at = 0, LEAST(wanted_until, ${NOW} + ${String(ECHO_MS)}), wanted_until),
  expires_at = ${NOW} + ?,
  owner = ?
WHERE name = ? AND (expires_at <= ${NOW} OR owner = ?)`,

    /** (name): a row that is free, unless there is one already. */
    create: `INSERT INTO ${table} (name, owner, first_token, last_token, expires_at) VALUES (?, NULL, 0, 0, 0)
ON DUPLICATE KEY UPDATE name = name`,

    /** (leaseMs, name, owner): 1 if it was still the owner's */
    renew: `UPDATE ${table} SET expires_at = ${NOW} + ? + 0 * LAST_INSERT_ID(1)
WHERE name = ? AND owner = ? AND expires_at > ${NOW}`,

    /**
     * (used, keepMs, keepMs, name, owner): 1, or 2 if somebody waits. Free is 0, not now: a clock that steps back must not
     * revive the lease.
     */
    release: `UPDATE ${table} SET
  last_token = LEAST(last_token, first_token + ? - 1),
  wanted_until = IF(LAST_INSERT_ID(IF(wanted_until > ${NOW}, 2, 1)) = 2, wanted_until, 0),
  expires_at = IF(? > 0, ${NOW} + ?, 0),
  owner = NULL
WHERE name = ? AND owner = ? AND expires_at > ${NOW}`,

    /** (name): remaining ms, wanted ms, last token, owner */
    look: `SELECT expires_at - ${NOW}, wanted_until - ${NOW}, last_token, owner FROM ${table} WHERE name = ?`,

    /** (ms, name): 1 if it is held */
    want: `UPDATE ${table} SET wanted_until = ${NOW} + ? + 0 * LAST_INSERT_ID(1) WHERE name = ? AND expires_at > ${NOW}`,

    /** (after): the last key of the slice, if there are more behind it. */
    slice: `SELECT name FROM ${table} WHERE name > ? ORDER BY name LIMIT 1 OFFSET ${String(SLICE - 1)}`,

    /** (after, to, to) */
    purge: `DELETE FROM ${table} WHERE name > ? AND (? IS NULL OR name <= ?)
AND expires_at <= ${NOW} AND last_token < (${NOW} - ${String(IDLE_MS)}) * 1000`,

    ping: `SELECT 1 FROM ${table} LIMIT 1`,
  };
}
