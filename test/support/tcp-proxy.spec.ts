import { once } from 'node:events';
import { createConnection, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { askUntil } from './ask-until.js';
import { TcpProxy } from './tcp-proxy.js';

/** Answers each chunk with itself, and keeps what it has read and who is connected. */
class Echo {
  readonly read: string[] = [];
  readonly sockets = new Set<Socket>();

  private constructor(private readonly listener: Server) {
    listener.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.on('error', () => undefined).once('close', () => this.sockets.delete(socket));
      socket.on('data', (chunk: Buffer) => {
        this.read.push(chunk.toString());
        socket.write(chunk);
      });
    });
  }

  static async start(): Promise<Echo> {
    const listener = createServer().listen(0, '127.0.0.1');
    await once(listener, 'listening');
    return new Echo(listener);
  }

  get url(): string {
    return `tcp://user:secret@127.0.0.1:${(this.listener.address() as AddressInfo).port}/path`;
  }

  stop(): void {
    this.listener.close();
    for (const socket of this.sockets) socket.destroy();
  }
}

describe('TcpProxy', () => {
  let echo: Echo;
  let proxy: TcpProxy;
  const clients: Socket[] = [];

  beforeEach(async () => {
    echo = await Echo.start();
    proxy = await TcpProxy.start(echo.url);
  });

  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy();
    await proxy.close();
    echo.stop();
  });

  async function connect(): Promise<Socket> {
    const client = createConnection(Number(new URL(proxy.url).port), '127.0.0.1');
    clients.push(client);
    await once(client, 'connect');
    return client;
  }

  async function say(client: Socket, words: string): Promise<string> {
    client.write(words);
    return hear(client);
  }

  async function hear(client: Socket): Promise<string> {
    const [chunk] = (await once(client, 'data')) as [Buffer];
    return chunk.toString();
  }

  /** What ends a connection. */
  async function failure(client: Socket): Promise<string | undefined> {
    const [error] = (await once(client, 'error')) as [NodeJS.ErrnoException];
    return error.code;
  }

  it('hands through what both sides say, and that one has ended', async () => {
    const client = await connect();
    expect(await say(client, 'hello')).toBe('hello');
    expect(proxy.url).toBe(echo.url.replace(/:\d+/, `:${new URL(proxy.url).port}`));
    client.end();
    await once(client, 'close');
    await askUntil('the server hears that the client has gone', async () => echo.sockets.size === 0);
  });

  it('cuts all connections, and takes new ones', async () => {
    const client = await connect();
    await say(client, 'hello');
    const cut = failure(client);
    proxy.cut();
    expect(await cut).toBe('ECONNRESET');
    await askUntil('the server is cut off', async () => echo.sockets.size === 0);
    expect(await say(await connect(), 'again')).toBe('again');
  });

  it.each(['toServer', 'both'] as const)('a black hole %s keeps requests until it is healed', async (direction) => {
    const client = await connect();
    await say(client, 'hello');
    proxy.blackhole(direction);
    client.write('lost?');
    await passedBy();
    expect(echo.read).toEqual(['hello']);
    const answer = hear(client);
    await proxy.heal();
    expect(await answer).toBe('lost?');
  });

  it('a black hole to the client keeps replies, the server does its part', async () => {
    const client = await connect();
    await say(client, 'hello');
    const heard: string[] = [];
    client.on('data', (chunk: Buffer) => heard.push(chunk.toString()));
    proxy.blackhole('toClient');
    client.write('done?');
    await askUntil('the server has read it', async () => echo.read.includes('done?'));
    await passedBy();
    expect(heard).toEqual([]);
    const answer = hear(client);
    await proxy.heal();
    expect(await answer).toBe('done?');
  });

  it('a black hole leaves the server with the connection of a client that has gone', async () => {
    const client = await connect();
    await say(client, 'hello');
    proxy.blackhole('toServer');
    client.resetAndDestroy();
    await once(client, 'close');
    await passedBy();
    expect(echo.sockets.size).toBe(1);
    await proxy.heal();
    await askUntil('the server hears of it', async () => echo.sockets.size === 0);
  });

  it('delays both ways, in order, and no more once it is healed', async () => {
    const client = await connect();
    proxy.delay(50);
    const start = performance.now();
    expect(await say(client, 'late')).toBe('late');
    expect(performance.now() - start).toBeGreaterThanOrEqual(100);
    proxy.delay(3_600_000);
    const answer = say(client, 'in an hour');
    await passedBy();
    await proxy.heal();
    expect(await answer).toBe('in an hour');
  });

  it('passes what a filter makes of it', async () => {
    const client = await connect();
    proxy.filter((direction, chunk) => {
      if (chunk.includes('drop')) return undefined;
      return direction === 'toServer' ? Buffer.from(`${chunk.toString()}!`) : chunk;
    });
    client.write('drop');
    await passedBy();
    expect(await say(client, 'pass')).toBe('pass!');
    expect(echo.read).toEqual(['pass!']);
  });

  it('loses the reply to a request that was served, and with it the connection', async () => {
    const [client, other] = [await connect(), await connect()];
    const lost = proxy.dropNextReply((request) => request.includes('buy'));
    expect(await say(other, 'look')).toBe('look');
    const failed = failure(client);
    client.write('buy');
    expect((await lost).toString()).toBe('buy');
    expect(await failed).toBe('ECONNRESET');
    expect(echo.read).toEqual(['look', 'buy']);
    expect(await say(other, 'buy')).toBe('buy');
  });

  it('refuses new connections, keeps those that there are, and listens again once it is healed', async () => {
    const client = await connect();
    proxy.refuse();
    await expect(connect()).rejects.toThrow('ECONNREFUSED');
    expect(await say(client, 'still here')).toBe('still here');
    await proxy.heal();
    expect(await say(await connect(), 'back')).toBe('back');
  });

  it('resets connections to a server that is not there', async () => {
    echo.stop();
    expect(await failure(await connect())).toBe('ECONNRESET');
  });

  /** Settles when what was said before has passed, if nothing holds it: a connection by another proxy takes as long. */
  async function passedBy(): Promise<void> {
    const other = await Echo.start();
    const witness = await TcpProxy.start(other.url);
    const client = createConnection(Number(new URL(witness.url).port), '127.0.0.1');
    for (let turn = 0; turn < 5; turn++) await say(client, 'witness');
    client.destroy();
    await witness.close();
    other.stop();
  }
});
