/** Every page's address. Ids of the API may have any character. */
export const paths = {
  catalogue: '/',
  product: (id: string) => `/products/${encodeURIComponent(id)}`,
  cart: '/cart',
  checkout: (shop: string) => `/checkout/${encodeURIComponent(shop)}`,
  orders: '/orders',
  order: (id: string) => `/orders/${encodeURIComponent(id)}`,
  balance: '/balance',
  personal: '/personal-data',
  disputes: '/disputes',
  owner: '/owner',
  history: '/history',
} as const;
