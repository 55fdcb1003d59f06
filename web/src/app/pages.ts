import { lazy } from 'react';
import { bringWords } from '@/i18n/i18n';

/** Pages that nobody opens first; each comes with its own script. */
export const ProductPage = lazy(() =>
  import('@/features/catalogue/ProductPage').then((page) => ({ default: page.ProductPage })),
);
export const CartPage = lazy(() => import('@/features/cart/CartPage').then((page) => ({ default: page.CartPage })));
export const CheckoutPage = lazy(async () => {
  const [page] = await Promise.all([import('@/features/checkout/CheckoutPage'), bringWords('delivery')]);
  return { default: page.CheckoutPage };
});
export const OrdersPage = lazy(() =>
  import('@/features/orders/OrdersPage').then((page) => ({ default: page.OrdersPage })),
);
export const OrderPage = lazy(() =>
  import('@/features/orders/OrderPage').then((page) => ({ default: page.OrderPage })),
);
export const DisputesPage = lazy(() =>
  import('@/features/disputes/DisputesPage').then((page) => ({ default: page.DisputesPage })),
);
export const BalancePage = lazy(() =>
  import('@/features/balance/BalancePage').then((page) => ({ default: page.BalancePage })),
);
export const PersonalDataPage = lazy(async () => {
  const [page] = await Promise.all([import('@/features/personal/PersonalDataPage'), bringWords('delivery')]);
  return { default: page.PersonalDataPage };
});
/** The history, and the owners' console, have words of their own too. */
export const HistoryPages = lazy(async () => {
  const [page] = await Promise.all([import('@/features/history/HistoryPages'), bringWords('history')]);
  return { default: page.HistoryPages };
});
export const OwnerPages = lazy(async () => {
  const [page] = await Promise.all([import('@/features/owner/OwnerPages'), bringWords('owner')]);
  return { default: page.OwnerPages };
});
