import { setTimeout } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';

/** Stands for a payment provider: an answer over the network, in about 1 ms. */
@Injectable()
export class PaymentsService {
  /** @param requestId makes a repeated charge the same charge, as payment providers do it */
  async charge(requestId: string): Promise<void> {
    await setTimeout(1, requestId);
  }
}
