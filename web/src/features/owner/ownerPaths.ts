const shop = (id: string) => `/owner/${encodeURIComponent(id)}`;

/** Every page's address in the console. */
export const ownerPaths = {
  home: '/owner',
  open: '/owner/open',
  shop,
  orders: (id: string, status?: string) => `${shop(id)}/orders${status === undefined ? '' : `?status=${status}`}`,
  order: (id: string, order: string) => `${shop(id)}/orders/${encodeURIComponent(order)}`,
  products: (id: string) => `${shop(id)}/products`,
  newProduct: (id: string) => `${shop(id)}/products/new`,
  product: (id: string, product: string) => `${shop(id)}/products/${encodeURIComponent(product)}`,
  money: (id: string) => `${shop(id)}/money`,
  history: (id: string) => `${shop(id)}/history`,
  settings: (id: string) => `${shop(id)}/settings`,
} as const;
