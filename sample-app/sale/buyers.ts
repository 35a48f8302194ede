import autocannon from 'autocannon';

/** Every buyer sends its order twice, as people do who see no answer at once: the second must be refused. */
export const ORDERS_PER_BUYER = 2;

/** Browsers that are connected at the same time. */
const CONNECTIONS = 250;

export interface BuyersReport {
  readonly refused: number;
  /** Everything that was neither sold nor refused, also what got no answer at all. */
  readonly errors: number;
  readonly elapsedMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly rps: number;
}

/** Sends all buyers to the shop over HTTP; `onAnswer` hears the status of each answer. */
export async function sendBuyers(
  url: string,
  sku: string,
  buyers: number,
  onAnswer: (status: number) => void,
): Promise<BuyersReport> {
  const amount = buyers * ORDERS_PER_BUYER;
  let sent = 0;
  let sold = 0;
  let refused = 0;
  let lastAnswer = 0;

  const started = performance.now();
  const { latency } = await autocannon({
    url,
    amount,
    connections: Math.min(CONNECTIONS, amount),
    timeout: 60,
    bailout: CONNECTIONS,
    sampleInt: 50,
    setupClient: (client) => {
      client.on('response', (status) => {
        lastAnswer = performance.now();
        if (status === 201) sold++;
        if (status === 409) refused++;
        onAnswer(status);
      });
    },
    requests: [
      {
        method: 'POST',
        path: '/orders',
        headers: { 'content-type': 'application/json' },
        // Neighbouring orders come over different connections, so a buyer's two orders race each other.
        setupRequest: (request) => {
          const n = sent++;
          const buyer = `buyer-${Math.floor(n / ORDERS_PER_BUYER)}`;
          return { ...request, body: JSON.stringify({ requestId: `${sku}-${n}`, buyer, sku }) };
        },
      },
    ],
  });

  const elapsedMs = Math.max(1, Math.round(lastAnswer - started));
  return {
    refused,
    errors: amount - sold - refused,
    elapsedMs,
    p50Ms: latency.p50,
    p99Ms: latency.p99,
    rps: Math.round((amount * 1000) / elapsedMs),
  };
}
