import { createPublicClient, createWalletClient, type Hex, http, type LocalAccount } from 'viem';
import { createSiweMessage } from 'viem/siwe';
import { setting } from './browser';

type Payload = Record<string, string>;

/** Asks the API something. */
export async function ask<Data>(query: string, variables: object = {}, token?: string): Promise<Data> {
  const response = await fetch(`${setting('GAGE_URL')}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token !== undefined && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await response.json()) as { data?: Data; errors?: object[] };
  if (!data || errors) throw new Error(JSON.stringify(errors));
  return data;
}

/** Someone at work elsewhere, through the API, with a wallet of the test chain. */
export class Member {
  protected constructor(
    readonly signer: LocalAccount,
    /** Its session's. */
    readonly token: string,
  ) {}

  /** A session of a wallet. */
  protected static async session(signer: LocalAccount): Promise<string> {
    const { signInNonce: challenge } = await ask<{ signInNonce: Payload }>(
      'mutation { signInNonce { nonce domain uri chainId } }',
    );
    const { nonce = '', domain = '', uri = '', chainId } = challenge;
    const message = createSiweMessage({
      address: signer.address,
      nonce,
      domain,
      uri,
      chainId: Number(chainId),
      version: '1',
    });
    const input = { message, signature: await signer.signMessage({ message }) };
    const { signIn } = await ask<{ signIn: { token: string } }>(
      'mutation($input: SignInInput!) { signIn(input: $input) { token } }',
      { input },
    );
    return signIn.token;
  }

  protected asks = <Data>(query: string, variables: object = {}) => ask<Data>(query, variables, this.token);

  /** Has a mutation done; what was selected of it. Throws when it is refused. */
  protected async does(mutation: string, input: object, selection = '', key = true): Promise<Payload> {
    const type = `${mutation.charAt(0).toUpperCase()}${mutation.slice(1)}Input`;
    const document = `mutation($input: ${type}!) { ${mutation}(input: $input) { ${selection} userErrors { code message } } }`;
    const variables = { input: { ...(key && { idempotencyKey: crypto.randomUUID() }), ...input } };
    const answer = await this.asks<Record<string, Payload & { userErrors: object[] }>>(document, variables);
    const payload = answer[mutation];
    if (!payload || payload.userErrors.length > 0) throw new Error(`${mutation}: ${JSON.stringify(payload)}`);
    return payload;
  }

  /** Sends a transaction, and waits until it is in a block. */
  protected async sends(to: Hex, data: Hex, value = 0n): Promise<void> {
    const transport = http(setting('CHAIN_RPC_URL'));
    const hash = await createWalletClient({ account: this.signer, transport }).sendTransaction({
      chain: null,
      to,
      data,
      value,
    });
    await createPublicClient({ transport, pollingInterval: 100 }).waitForTransactionReceipt({ hash });
  }

  /** Whether an order is in a state, as this member sees it; waits for it. */
  async seesOrder(order: string, status: string): Promise<void> {
    for (;;) {
      const found = await this.asks<{ order: { status: string } | null }>(
        'query($order: ID!) { order(id: $order) { status } }',
        { order },
      );
      if (found.order?.status === status) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** Waits until a product that was just listed is shown with its stock: pages are read a moment later than they are written. */
  protected async seesProduct(product: string, available: number): Promise<void> {
    for (;;) {
      const found = await this.asks<{ product: { available: number } | null }>(
        'query($product: ID!) { product(id: $product) { available } }',
        { product },
      );
      if (found.product?.available === available) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Sends a call of an order's payment, as the server prepares it for this wallet. */
  protected async moves(order: string, call: 'refundCall' | 'releaseCall' | 'disputeCall'): Promise<void> {
    const document = `query($order: ID!) { order(id: $order) { payment { call: ${call} { call { contract callData } } } } }`;
    const found = await this.asks<{ order: { payment: { call: { call: { contract: Hex; callData: Hex } } } } }>(
      document,
      { order },
    );
    const { contract, callData } = found.order.payment.call.call;
    await this.sends(contract, callData);
  }
}
