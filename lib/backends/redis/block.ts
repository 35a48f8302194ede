/** The tokens of one grant: `first` … `first + count − 1`. */
export interface Block {
  readonly first: bigint;
  readonly count: number;
}

const FORM = /^(\d+)\.(\d+)\./;

/** @param value what a lock of ours holds: `<first token>.<count>.<owner>` */
export function blockOf(value: string): Block {
  const [, first = '', count = ''] = FORM.exec(value) ?? [];
  return { first: BigInt(first), count: Number(count) };
}
