/** No answer of a server is as long: what claims to be is no ZooKeeper, or its stream is damaged. */
const LONGEST_FRAME = 2 ** 26;

/** Puts together what TCP has cut: messages, each with its length in four bytes before it. */
export class Frames {
  #parts: Buffer[] = [];
  #length = 0;

  /**
   * @returns the messages that are complete now, lengths included
   * @throws when the stream makes no sense
   */
  *add(chunk: Buffer): Generator<Buffer> {
    this.#parts.push(chunk);
    this.#length += chunk.length;
    for (let length = this.#next(); this.#length >= length; length = this.#next()) {
      const all = this.#parts.length === 1 ? (this.#parts[0] as Buffer) : Buffer.concat(this.#parts);
      this.#parts = all.length > length ? [all.subarray(length)] : [];
      this.#length -= length;
      yield all.subarray(0, length);
    }
  }

  /** Length of the message that comes next; more than there is, while that is not known. */
  #next(): number {
    if (this.#length < 4) return 4 + 1;
    if ((this.#parts[0] as Buffer).length < 4) this.#parts = [Buffer.concat(this.#parts)];
    const length = (this.#parts[0] as Buffer).readInt32BE(0);
    if (length < 0 || length > LONGEST_FRAME) throw new Error('The server sent what is no message of ZooKeeper.');
    return 4 + length;
  }
}
