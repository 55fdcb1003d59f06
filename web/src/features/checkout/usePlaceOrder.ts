import { useState } from 'react';
import { useMutation } from 'urql';
import { answered, ApiFault } from '@/api/errors';
import { type DeliveryInput, PlaceOrderDocument, type UserErrorFragment } from '@/api/generated/graphql';
import { newIdempotencyKey } from '@/api/idempotency';
import type { CartLine } from '@/features/cart/cart';
import { priceInput } from '@/shared/money/price';
import type { Asset } from '@/shared/money/useTokens';

export interface Placed {
  order: string;
  /** Where it was written: what is read from there on has it. */
  position: string | null;
}

/** Orders lines at the prices that were seen, all or none. */
export function usePlaceOrder(shop: string, onRefused: (userErrors: readonly UserErrorFragment[]) => void) {
  const [{ fetching }, placeOrder] = useMutation(PlaceOrderDocument);
  const [fault, setFault] = useState<unknown>(null);
  const [attempt, setAttempt] = useState<{ of: string; key: string }>();

  const place = async (
    cartLines: readonly CartLine[],
    payWith: Asset | null,
    delivery: DeliveryInput | null,
  ): Promise<Placed | null> => {
    setFault(null);
    onRefused([]);
    const lines = cartLines.map(({ product, quantity, seenPrice }) => ({
      product,
      quantity,
      expectedPrice: priceInput(seenPrice),
    }));
    const asset = payWith && { chainId: payWith.chainId, token: payWith.token };
    // The same is one order, however often an answer is lost on its way.
    const of = JSON.stringify([lines, asset, delivery]);
    const idempotencyKey = attempt?.of === of ? attempt.key : newIdempotencyKey();
    setAttempt({ of, key: idempotencyKey });
    try {
      const { data, error } = await placeOrder({ input: { idempotencyKey, shop, lines, payWith: asset, delivery } });
      const { orderId, position } = answered(data?.placeOrder, error);
      return orderId === null ? null : { order: orderId, position: position ?? null };
    } catch (error) {
      // What was refused was not done, so the next try is a new order. Without an answer nobody knows: the key stays.
      if (!(error instanceof ApiFault && error.fault === 'NETWORK')) setAttempt(undefined);
      setFault(error);
      if (error instanceof ApiFault) onRefused(error.userErrors);
      return null;
    }
  };

  return { place, fault, placing: fetching };
}

/** What tells an asset from others. */
export function assetKey({ chainId, token }: Asset): string {
  return `${chainId} ${token.toLowerCase()}`;
}
