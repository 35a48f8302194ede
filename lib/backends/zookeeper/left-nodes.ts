/** Nodes of a session, by path, that are nobody's place any more and still stand there. */
export class LeftNodes {
  /** Those that stay for a while. */
  readonly kept = new Set<string>();
  /** Those that are being deleted, which takes as long as it takes. */
  readonly leaving = new Map<string, Promise<boolean>>();

  has(path: string): boolean {
    return this.kept.has(path) || this.leaving.has(path);
  }
}
