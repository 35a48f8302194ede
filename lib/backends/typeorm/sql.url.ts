import { checkKnown } from '../../core/check-known.js';
import { LockOptionsError } from '../../core/errors.js';
import { decoded } from '../../core/url-text.js';
import type { ServerOptions } from './server.js';
import { SERVER_SETTINGS, type ServerOwnOptions } from './server.options.js';

const SCHEMES: Readonly<Record<string, ServerOptions['type']>> = {
  postgres: 'postgres',
  postgresql: 'postgres',
  mysql: 'mysql',
  mariadb: 'mariadb',
};

export const URL_FORMS = 'postgres://user:password@host:5432/database, mysql://…, mariadb://…, sqlite:./locks.db';

/** What a URL says: the way to the server, and options of ours in its query. */
export interface ReadUrl {
  readonly connection: ServerOptions;
  readonly own: ServerOwnOptions;
}

/**
 * Reads the URL of a database server; opens nothing.
 *
 * @returns `undefined` when the scheme is not one of a server
 * @throws LockOptionsError, which never contains the URL: it may carry a password
 */
export function readServerUrl(text: string): ReadUrl | undefined {
  const scheme = /^[a-z0-9+.-]+(?=:)/i.exec(text)?.[0].toLowerCase() ?? '';
  const type = Object.hasOwn(SCHEMES, scheme) ? SCHEMES[scheme] : undefined;
  if (type === undefined) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const database = decoded(url?.pathname.slice(1) ?? '');
  if (!url || url.hostname === '' || url.hash !== '' || database === '' || database.includes('/')) {
    throw new LockOptionsError(
      'url',
      `cannot be read. The forms are ${URL_FORMS}; special characters in user and password are percent-encoded.`,
    );
  }
  const { sslmode, channel_binding: channelBinding, application_name: applicationName, ...own } = queryOf(url);
  const connection = {
    type,
    host: decoded(url.hostname).replace(/^\[|\]$/g, ''),
    ...(url.port === '' ? {} : { port: Number(url.port) }),
    ...(url.username === '' ? {} : { username: decoded(url.username) }),
    ...(url.password === '' ? {} : { password: decoded(url.password) }),
    database,
    ...(sslmode === undefined ? {} : { ssl: sslOf(sslmode) }),
    ...(applicationName === undefined ? {} : { applicationName }),
    ...(channelBinding === undefined ? {} : { extra: { enableChannelBinding: channelBinding !== 'disable' } }),
  };
  return { connection: connection as ServerOptions, own: ownOf(own) };
}

/** Certificates are verified unless the URL says otherwise in plain words. */
function sslOf(mode: string): unknown {
  if (mode === 'disable') return false;
  if (['require', 'verify-ca', 'verify-full'].includes(mode)) return { rejectUnauthorized: true };
  if (mode === 'no-verify') return { rejectUnauthorized: false };
  throw new LockOptionsError('sslmode', 'must be disable, require, verify-full or no-verify.');
}

function queryOf(url: URL): Readonly<Record<string, string>> {
  const query = Object.fromEntries(url.searchParams);
  const ofPostgres = url.protocol.startsWith('postgres') ? ['application_name', 'channel_binding'] : [];
  checkKnown(query, ['sslmode', ...ofPostgres, ...SERVER_SETTINGS]);
  return query;
}

/** All is text in a URL. */
function ownOf(query: Readonly<Record<string, string>>): ServerOwnOptions {
  const read = ([name, value]: [string, string]): [string, unknown] => {
    if (value === 'true' || value === 'false') return [name, value === 'true'];
    return [name, name === 'poolSize' ? Number(value) : value];
  };
  return Object.fromEntries(Object.entries(query).map(read));
}
