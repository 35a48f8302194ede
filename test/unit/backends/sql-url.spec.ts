import { inspect } from 'node:util';
import { readServerUrl } from '../../../lib/backends/typeorm/sql.url.js';
import { typeorm } from '../../../lib/backends/typeorm/index.js';

const PLAIN = { type: 'postgres', host: 'db', database: 'x' };

describe('URLs of database servers', () => {
  it.each([
    ['postgres://db/shop', { type: 'postgres', host: 'db', database: 'shop' }],
    ['postgresql://u@db:5433/shop', { type: 'postgres', host: 'db', port: 5433, username: 'u', database: 'shop' }],
    ['mysql://u:p%40ss@db/shop', { type: 'mysql', host: 'db', username: 'u', password: 'p@ss', database: 'shop' }],
    ['mariadb://[::1]/a%20b', { type: 'mariadb', host: '::1', database: 'a b' }],
    ['postgres://db/x?sslmode=require', { ...PLAIN, ssl: { rejectUnauthorized: true } }],
    ['postgres://db/x?sslmode=no-verify', { ...PLAIN, ssl: { rejectUnauthorized: false } }],
    ['postgres://db/x?sslmode=disable', { ...PLAIN, ssl: false }],
    ['postgres://db/x?application_name=shop', { ...PLAIN, applicationName: 'shop' }],
    ['postgres://db/x?channel_binding=require', { ...PLAIN, extra: { enableChannelBinding: true } }],
  ])('%s', (url, connection) => {
    expect(readServerUrl(url)).toEqual({ connection, own: {} });
  });

  it('carry our own options', () => {
    const url = 'postgres://db/x?table=t&schema=s&createTable=true&poolSize=7&listen=false';
    expect(readServerUrl(url)?.own).toEqual({ table: 't', schema: 's', createTable: true, poolSize: 7, listen: false });
  });

  it.each(['sqlite:x.db', 'redis://h', 'x', ''])('%p is none', (url) => {
    expect(readServerUrl(url)).toBeUndefined();
  });

  it.each([
    ['postgres://canary@db', 'url'],
    ['postgres:///canary', 'url'],
    ['postgres://canary:x@db/a/b', 'url'],
    ['postgres://canary@db/x#y', 'url'],
    ['postgres://db:canary/x', 'url'],
    ['mysql://u:%canary@db/x', 'url'],
    ['mysql://db/x?application_name=canary', 'application_name'],
    ['postgres://db/x?canry=1', 'canry'],
    ['postgres://db/x?sslmode=canary', 'sslmode'],
    ['postgres://db/x?createTable=canary', 'createTable'],
    ['postgres://db/x?poolSize=canary', 'poolSize'],
    ['postgres://db/x?poolSize=1', 'poolSize'],
    ['postgres://db/x?listen=canary', 'listen'],
    ['postgres://db/x?schema=can.ary', 'schema'],
    ['mysql://db/x?schema=canary', 'schema'],
    ['mysql://db/x?listen=false', 'listen'],
  ])('%s is refused, and not repeated', (url, option) => {
    const refuse = (): unknown => typeorm({ url });
    expect(refuse).toThrow(expect.objectContaining({ code: 'LOCK_OPTIONS', option }) as Error);
    try {
      refuse();
    } catch (error) {
      expect(inspect(error, { depth: 9, showHidden: true }).split('\n')[0]).not.toContain('canary');
    }
  });
});
