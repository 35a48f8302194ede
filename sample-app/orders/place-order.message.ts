/** What a buyer sends, and what the gateway passes on to a worker. */
export interface PlaceOrder {
  /** Chosen by the buyer; the same for every repetition of one request. */
  readonly requestId: string;
  readonly buyer: string;
  readonly sku: string;
}

/** What came of it. A refusal is an answer, not an error. */
export type Outcome = 'sold' | 'sold out' | 'one per buyer';

/** The handler with the lock and the same handler without it. */
export const PLACE_ORDER = 'order.place';
export const PLACE_ORDER_UNLOCKED = 'order.place.unlocked';
