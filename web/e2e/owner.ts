import type { Hex } from 'viem';
import { ask, Member } from './api';
import { setting } from './browser';
import { PEOPLE } from './people';
import { personAt } from './wallet';

/** A price as the API takes it. */
interface Price {
  amount: string;
  token?: string;
  fiat?: 'KRW' | 'USD';
}

/** The shop's owner. */
export class Owner extends Member {
  static async signIn(): Promise<Owner> {
    const signer = personAt(PEOPLE.owner);
    return new Owner(signer, await Member.session(signer));
  }

  approves = (order: string) => this.does('approveOrder', { order });
  ships = (order: string) => this.does('shipOrder', { order, tracking: { carrier: 'CJ', number: '1234-5678' } });
  rejects = (order: string, reason: string) => this.does('rejectOrder', { order, reason });
  prices = (product: string, amount: string) => this.does('changePrice', { product, price: { amount } });
  counts = (product: string, delta: number) => this.does('adjustStock', { product, delta, reason: 'counted' });
  /** Gives the money of an order back. */
  refunds = (order: string) => this.moves(order, 'refundCall');

  /** The contract that holds the money. */
  async escrow(): Promise<Hex> {
    const { chains } = await ask<{ chains: [{ escrow: Hex }] }>('{ chains { escrow } }');
    return chains[0].escrow;
  }

  /** Shows a picture of a product: bytes of a PNG. */
  async shows(product: string, picture: Buffer): Promise<void> {
    const headers = { authorization: `Bearer ${this.token}`, 'content-type': 'image/png' };
    const answer = await fetch(`${setting('GAGE_URL')}/images`, {
      method: 'POST',
      headers,
      body: new Uint8Array(picture),
    });
    const { hash } = (await answer.json()) as { hash: string };
    await this.does('changeImage', { product, image: hash });
  }

  /** The shop. */
  async shop(): Promise<string> {
    const { me } = await this.asks<{ me: { shops: { nodes: [{ id: string }] } } }>(
      '{ me { shops(first: 1) { nodes { id } } } }',
    );
    return me.shops.nodes[0].id;
  }

  /** Lists something new, on sale at once; its id. */
  async sells(name: string | { ko: string; en: string }, price: Price, quantity: number): Promise<string> {
    const names = typeof name === 'string' ? { en: name } : name;
    const listed = await this.does('listProduct', { shop: await this.shop(), name: names, price }, 'productId');
    const product = listed['productId'] ?? '';
    await this.does('publishProduct', { product });
    if (quantity > 0) await this.does('receiveStock', { product, quantity });
    await this.seesProduct(product, quantity);
    return product;
  }
}
