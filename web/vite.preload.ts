import type { Plugin } from 'vite';

/** What a page at an address needs besides what every page does, by the beginning of the address. */
const PAGES: Record<string, string> = {
  '/products/': 'src/features/catalogue/ProductPage.tsx',
  '/cart': 'src/features/cart/CartPage.tsx',
  '/checkout/': 'src/features/checkout/CheckoutPage.tsx',
  '/orders/': 'src/features/orders/OrderPage.tsx',
  '/orders': 'src/features/orders/OrdersPage.tsx',
  '/balance': 'src/features/balance/BalancePage.tsx',
};
const LANGUAGES: Record<string, string> = { ko: 'src/i18n/ko.json', en: 'src/i18n/en.json' };

/**
 * Tells public/appearance.js which scripts the language and the address need, so that they are fetched together with the
 * first ones instead of after them.
 */
export function preload(): Plugin {
  return {
    name: 'gage-preload',
    transformIndexHtml: {
      order: 'post',
      handler(html, { bundle }) {
        if (!bundle) return html;
        const chunks = Object.values(bundle).filter((file) => file.type === 'chunk');
        const first = new Set(html.match(/assets\/[^"]+\.js/g));
        const withImports = (name: string, seen = new Set<string>()): Set<string> => {
          if (seen.has(name) || first.has(name)) return seen;
          seen.add(name);
          chunks.find((chunk) => chunk.fileName === name)?.imports.forEach((next) => withImports(next, seen));
          return seen;
        };
        const scripts = (modules: Record<string, string>) =>
          Object.fromEntries(
            Object.entries(modules).map(([key, module]) => {
              const chunk = chunks.find(({ facadeModuleId }) => facadeModuleId?.endsWith(module));
              return [key, chunk ? [...withImports(chunk.fileName)].map((name) => `/${name}`) : []];
            }),
          );
        const told = JSON.stringify({ languages: scripts(LANGUAGES), pages: scripts(PAGES) });
        return html.replace('src="/appearance.js"', `src="/appearance.js" data-scripts='${told}'`);
      },
    },
  };
}
