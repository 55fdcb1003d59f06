import { useSyncExternalStore } from 'react';
import { cart, type CartLine } from './cart';

export function useCart(): readonly CartLine[] {
  return useSyncExternalStore(cart.subscribe, cart.now);
}
