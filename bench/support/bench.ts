/** What one run of one contestant gave; the first figure is the one that is compared. */
export type Figures = Readonly<Record<string, number>>;

/** Contestants measured in turn, round after round, so that a machine whose speed drifts drifts for all of them. */
export interface Bench {
  readonly name: string;
  /** What was measured, under which settings: printed above the table. */
  readonly settings: string;
  /** The first is the floor or the peer that the others are compared with. */
  readonly contestants: Readonly<Record<string, () => Promise<Figures>>>;
}
