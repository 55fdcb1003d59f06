import { createWalletClient, type Hex, http } from 'viem';
import { createSiweMessage } from 'viem/siwe';
import { setting } from './browser';
import { personAt } from './wallet';

const OWNER = personAt(0);

/** A price as the API takes it. */
interface Price {
  amount: string;
  token?: string;
  fiat?: 'KRW' | 'USD';
}

interface Refundable {
  order: { payment: { refundCall: { call: { contract: Hex; callData: Hex } } } };
}

/** The shop's owner at work elsewhere, through the API. */
export class Owner {
  private constructor(private readonly token: string) {}

  static async signIn(): Promise<Owner> {
    const { signInNonce: challenge } = await ask<{ signInNonce: Record<string, string> }>(
      'mutation { signInNonce { nonce domain uri chainId } }',
    );
    const { nonce = '', domain = '', uri = '', chainId } = challenge;
    const message = createSiweMessage({
      address: OWNER.address,
      nonce,
      domain,
      uri,
      chainId: Number(chainId),
      version: '1',
    });
    const input = { message, signature: await OWNER.signMessage({ message }) };
    const { signIn } = await ask<{ signIn: { token: string } }>(
      'mutation($input: SignInInput!) { signIn(input: $input) { token } }',
      { input },
    );
    return new Owner(signIn.token);
  }

  approves = (order: string) => this.does('approveOrder', { order });
  ships = (order: string) => this.does('shipOrder', { order, tracking: { carrier: 'CJ', number: '1234-5678' } });
  rejects = (order: string, reason: string) => this.does('rejectOrder', { order, reason });
  prices = (product: string, amount: string) => this.does('changePrice', { product, price: { amount } });
  counts = (product: string, delta: number) => this.does('adjustStock', { product, delta, reason: 'counted' });

  /** The contract that holds the money. */
  async escrow(): Promise<Hex> {
    const { chains } = await ask<{ chains: [{ escrow: Hex }] }>('{ chains { escrow } }');
    return chains[0].escrow;
  }

  /** Gives the money of an order back, with the owner's own wallet. */
  async refunds(order: string): Promise<void> {
    const document = 'query($id: ID!) { order(id: $id) { payment { refundCall { call { contract callData } } } } }';
    const { order: found } = await ask<Refundable>(document, { id: order }, this.token);
    const { contract, callData } = found.payment.refundCall.call;
    const wallet = createWalletClient({ account: OWNER, transport: http(setting('CHAIN_RPC_URL')) });
    await wallet.sendTransaction({ chain: null, to: contract, data: callData });
  }

  /** Lists something new, on sale at once; its id. */
  async sells(en: string, price: Price, quantity: number): Promise<string> {
    const { me } = await ask<{ me: { shops: { nodes: { id: string }[] } } }>(
      '{ me { shops(first: 1) { nodes { id } } } }',
      {},
      this.token,
    );
    const shop = me.shops.nodes[0]?.id;
    const { productId: product } = await this.does('listProduct', { shop, name: { en }, price }, 'productId');
    await this.does('publishProduct', { product });
    await this.does('receiveStock', { product, quantity });
    return product ?? '';
  }

  private async does(mutation: string, input: object, selection = ''): Promise<Record<string, string>> {
    const type = `${mutation.charAt(0).toUpperCase()}${mutation.slice(1)}Input`;
    const document = `mutation($input: ${type}!) { ${mutation}(input: $input) { ${selection} userErrors { code message } } }`;
    const variables = { input: { idempotencyKey: crypto.randomUUID(), ...input } };
    const answer = await ask<Record<string, Record<string, string> & { userErrors: object[] }>>(
      document,
      variables,
      this.token,
    );
    const payload = answer[mutation];
    if (!payload || payload.userErrors.length > 0) throw new Error(`${mutation}: ${JSON.stringify(payload)}`);
    return payload;
  }
}

async function ask<Data>(query: string, variables: object = {}, token?: string): Promise<Data> {
  const response = await fetch(`${setting('GAGE_URL')}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token !== undefined && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await response.json()) as { data?: Data; errors?: object[] };
  if (!data || errors) throw new Error(JSON.stringify(errors));
  return data;
}
