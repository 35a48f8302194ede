import type { DataSource, QueryRunner } from 'typeorm';
import { begin, complete } from '../../lib/backends/typeorm/fenced/transaction.js';

/** A runner that only notes what it is asked, and cannot do some of it. */
function stub(failing: Partial<QueryRunner> = {}): { source: DataSource; asked: string[] } {
  const asked: string[] = [];
  const note = (name: string) => (): Promise<void> => Promise.resolve(void asked.push(name));
  const runner = {
    isReleased: false,
    isTransactionActive: false,
    startTransaction: note('begin'),
    release: note('release'),
    ...failing,
  };
  return { source: { createQueryRunner: () => runner } as unknown as DataSource, asked };
}

function failWith(message: string): () => Promise<never> {
  return () => Promise.reject(new Error(message));
}

describe('the beginning of a transaction', () => {
  it('restores nothing on a connection that it did not have, and tells why it had none', async () => {
    const { source, asked } = stub({ startTransaction: failWith('no connection') });
    const restore = (): Promise<void> => Promise.resolve(void asked.push('restore'));
    const never = (): Promise<void> => Promise.resolve(void asked.push('first'));
    await expect(begin(source, undefined, never, restore)).rejects.toThrow('no connection');
    expect(asked).toEqual(['release']);
  });

  it('tells what failed, also where the settings cannot be restored, and gives the connection back', async () => {
    const { source, asked } = stub();
    await expect(begin(source, undefined, failWith('refused'), failWith('not restored'))).rejects.toThrow('refused');
    expect(asked).toEqual(['begin', 'release']);
  });

  it('is not undone by settings that cannot be restored after COMMIT', async () => {
    const { source, asked } = stub();
    const opened = await begin(source, undefined, () => Promise.resolve(), failWith('not restored'));
    const commit = (): Promise<void> => Promise.resolve(void asked.push('commit'));
    expect(await complete(opened, () => Promise.resolve('done'), commit)).toBe('done');
    expect(asked).toEqual(['begin', 'commit', 'release']);
  });
});
