/** What an error of a database means. */
export interface Diagnosis {
  /**
   * `rival`: somebody else was quicker (busy, deadlock, serialization failure), the same again may well succeed at once;
   * `link`: the server or the way to it is away, and may be back in a moment; `fault`: repeating it is of no use.
   */
  readonly trouble: 'rival' | 'link' | 'fault';
  /** Whether the statement certainly did nothing, or may have been applied. A `rival` or a `fault` mostly did nothing. */
  readonly outcome: 'not-applied' | 'unknown';
  /** What happened and what to do; no path, no credential. */
  readonly message: string;
}

type Entry = readonly [codes: string, trouble: Diagnosis['trouble'], outcome: Diagnosis['outcome'], message: string];

/** By the error's code, or its name where it has none, or what that begins with; several are separated by blanks. The first that fits counts. */
export type Diagnoses = readonly Entry[];

/** Of Node's sockets and resolver, the same under every driver. */
const LINK: Diagnoses = [
  [
    'ECONNREFUSED ENOTFOUND EAI_AGAIN EHOSTUNREACH ENETUNREACH EHOSTDOWN',
    'link',
    'not-applied',
    'The database cannot be reached. Check host, port and network.',
  ],
  ['ECONNRESET EPIPE ETIMEDOUT ECONNABORTED', 'link', 'unknown', 'The connection to the database was cut.'],
  [
    'CERT ERR_TLS DEPTH_ZERO SELF_SIGNED UNABLE_TO_ ERR_SSL',
    'fault',
    'not-applied',
    'The database offers no TLS that this process trusts. Give its certificate authority in the `ssl` option.',
  ],
];

/** Finds an error, also inside TypeORM's QueryFailedError, among what is known of an engine. */
export function diagnose(error: unknown, known: Diagnoses): Diagnosis {
  const { driverError = error } = Object(error) as { driverError?: unknown };
  const { code: given, name } = Object(driverError) as DriverError;
  const code = typeof given === 'string' ? given : String(name);
  const entry = [...known, ...LINK].find(([codes]) => codes.split(' ').some((prefix) => code.startsWith(prefix)));
  if (entry === undefined) {
    return {
      trouble: 'fault',
      outcome: 'not-applied',
      message: `The lock store failed with ${code}. The cause tells more.`,
    };
  }
  const [, trouble, outcome, message] = entry;
  return { trouble, outcome, message };
}

/** As drivers throw them. */
export interface DriverError {
  readonly code?: unknown;
  readonly name?: unknown;
  readonly message?: unknown;
}
