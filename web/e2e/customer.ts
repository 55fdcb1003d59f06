import type { Hex } from 'viem';
import { Member } from './api';
import { chain } from './chain';
import { PEOPLE } from './people';
import { personAt } from './wallet';

/** A customer who has no browser. */
export class Customer extends Member {
  static async signIn(index: number = PEOPLE.customer): Promise<Customer> {
    const signer = personAt(index);
    return new Customer(signer, await Member.session(signer));
  }

  /** Orders pieces of a product; the order's id. */
  async orders(shop: string, product: string, quantity = 1, more: object = {}): Promise<string> {
    const input = { shop, lines: [{ product, quantity }], ...more };
    const { orderId = '' } = await this.does('placeOrder', input, 'orderId');
    return orderId;
  }

  /** Sends the payment of an order, in the chain's own coin. */
  async sendsPayment(order: string): Promise<void> {
    const selection = 'instructions { contract callData value }';
    const payload: unknown = await this.does('requestPayment', { order }, selection, false);
    const { instructions } = payload as { instructions: { contract: Hex; callData: Hex; value: string } };
    await this.sends(instructions.contract, instructions.callData, BigInt(instructions.value));
  }

  /** Pays an order, and waits until that counts. */
  async pays(order: string): Promise<void> {
    await this.sendsPayment(order);
    await chain.mine();
    await this.seesOrder(order, 'PAID');
  }

  /** Who is paid for an order. */
  async seller(order: string): Promise<string> {
    await this.seesOrder(order, 'AWAITING_PAYMENT');
    const document = 'query($order: ID!) { order(id: $order) { payment { seller } } }';
    const found = await this.asks<{ order: { payment: { seller: string } } }>(document, { order });
    return found.order.payment.seller;
  }

  confirms = (order: string) => this.does('confirmDelivery', { order });
  cancels = (order: string) => this.does('cancelOrder', { order });
  disputes = async (order: string) => {
    await this.moves(order, 'disputeCall');
    await chain.mine();
  };
}
