import { createContext, use, useEffect, useRef } from 'react';
import type { OwnShopFragment, ShopOrderFragment } from '@/api/generated/graphql';

/** The shop that is worked on, and what is told of its orders. */
export interface OwnShop {
  shop: OwnShopFragment;
  /** Counts what was told: whoever shows figures or lists asks anew when it moves. */
  news: number;
  /** The order that was paid last while the page was open. */
  arrived: ShopOrderFragment | null;
}

export const ShopContext = createContext<OwnShop | null>(null);

export function useOwnShop(): OwnShop {
  const shop = use(ShopContext);
  if (shop === null) throw new Error('useOwnShop outside of OwnerFrame');
  return shop;
}

/** Of many things that are told at once, one question is made. */
const GATHERED_MS = 400;

/** Asks again when something was told of the shop's orders. */
export function useAskedAnew(ask: () => void): void {
  const { news } = useOwnShop();
  const latest = useRef(ask);
  useEffect(() => {
    latest.current = ask;
  });
  useEffect(() => {
    if (news === 0) return;
    const timer = setTimeout(() => latest.current(), GATHERED_MS);
    return () => clearTimeout(timer);
  }, [news]);
}
