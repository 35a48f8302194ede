import { BadRequestException, Injectable, type PipeTransform } from '@nestjs/common';
import type { PlaceOrder } from '../orders/place-order.message.js';

@Injectable()
export class PlaceOrderPipe implements PipeTransform<unknown, PlaceOrder> {
  transform(body: unknown): PlaceOrder {
    const order = { ...(body as Partial<Record<keyof PlaceOrder, unknown>> | null) };
    return { requestId: text(order, 'requestId'), buyer: text(order, 'buyer'), sku: text(order, 'sku') };
  }
}

function text(order: Partial<Record<keyof PlaceOrder, unknown>>, name: keyof PlaceOrder): string {
  const value = order[name];
  if (typeof value === 'string' && /^[\w-]{1,64}$/.test(value)) return value;
  throw new BadRequestException(`${name} must be 1 to 64 letters, digits, "_" or "-".`);
}
