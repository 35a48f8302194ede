/** What a buyer sends, and what the gateway passes on to a worker. */
export interface PlaceOrder {
  /** Chosen by the buyer; the same for every repetition of one request. */
  readonly requestId: string;
  readonly buyer: string;
  readonly sku: string;
}

/** What came of it. A refusal is an answer, not an error. */
export type Outcome = 'sold' | 'sold out' | 'one per buyer';

/** How an order is placed: under the lock with its guard, as it should be; under the lock alone; without either. */
export const PLACE_ORDER = {
  locked: 'order.place',
  unguarded: 'order.place.unguarded',
  unlocked: 'order.place.unlocked',
} as const;

export type Mode = keyof typeof PLACE_ORDER;
