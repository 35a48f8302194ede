/** What one run of one contestant gave; the first figure is the one that is compared. */
export type Figures = Readonly<Record<string, number>>;

/** How much is measured; the command line sets it. */
export interface Scale {
  /** How long a contestant is timed, in ms. */
  readonly ms: number;
  /** How long it is watched where drift is looked for, in ms. */
  readonly driftMs: number;
  /** How many grants it gets where leaks are looked for. */
  readonly grants: number;
}

export type Measure = (scale: Scale) => Promise<Figures>;

/** One contestant under several settings: its best median is its figure. */
export type Variants = Readonly<Record<string, Measure>>;

/** Contestants measured in turn, round after round, so that a machine whose speed drifts drifts for all of them. */
export interface Bench {
  readonly name: string;
  /** What was measured, under which settings: printed above the table. */
  readonly settings: string;
  /** Which first figure is the better one; needed where contestants have variants. */
  readonly better?: 'more' | 'less';
  /** The first is the floor or the peer that the others are compared with. */
  readonly contestants: Readonly<Record<string, Measure | Variants>>;
}
