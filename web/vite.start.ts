import { fileURLToPath } from 'node:url';
import { createRequest, formatDocument, stringifyVariables, type TypedDocumentNode } from '@urql/core';
import { makeFetchBody } from '@urql/core/internal';
import { build } from 'rolldown';
import type { Plugin, Rolldown } from 'vite';
import { FIRST_PRODUCTS } from './src/features/catalogue/firstProducts';
import type { Plan } from './src/start';
import { documentText } from './vite.documents';

const START = fileURLToPath(new URL('./src/start.ts', import.meta.url));
const LANGUAGES: Record<string, string> = { ko: 'src/i18n/ko.json', en: 'src/i18n/en.json' };

/** What a page at an address needs besides what every page does, by the beginning of the address. */
interface PageNeeds {
  module?: string;
  /** Documents with their variables. */
  asks?: Record<string, object | undefined>;
}

const PAGES: Record<string, PageNeeds> = {
  '/products/': { module: 'src/features/catalogue/ProductPage.tsx', asks: { ProductDocument: { id: ':id' } } },
  '/cart': { module: 'src/features/cart/CartPage.tsx' },
  '/checkout/': { module: 'src/features/checkout/CheckoutPage.tsx' },
  '/orders/': {
    module: 'src/features/orders/OrderPage.tsx',
    asks: { OrderDocument: { id: ':id', atLeast: null }, ChainsDocument: undefined },
  },
  '/orders': { module: 'src/features/orders/OrdersPage.tsx' },
  '/balance': { module: 'src/features/balance/BalancePage.tsx' },
  '/': { asks: { ProductsDocument: FIRST_PRODUCTS } },
};

/**
 * Puts src/start.ts and the styles into the document, so that the first paint waits for nothing else. What stands there
 * is let in by its hash (script/finish.mjs).
 */
export function start(): Plugin {
  return {
    name: 'gage-start',
    transformIndexHtml: {
      order: 'post',
      async handler(html, { bundle }) {
        if (!bundle) return withStart(html, null);
        const entry = /<script type="module"[^>]* src="([^"]+)"><\/script>/.exec(html);
        if (!entry?.[1]) throw new Error('index.html names no script');
        const first = [
          entry[1],
          ...[...html.matchAll(/<link rel="modulepreload"[^>]* href="([^"]+)">/g)].map(([, href]) => href ?? ''),
        ];
        const preloads = first.map((href) => `<link rel="modulepreload" href="${href}">`).join('\n    ');
        const bare = html.replace(/\s*<link rel="modulepreload"[^>]*>/g, '').replace(entry[0], preloads);
        return withStart(withStyles(bare, bundle), planOf(entry[1], new Set(first), bundle));
      },
    },
  };
}

async function withStart(html: string, plan: Plan | null): Promise<string> {
  const { output } = await build({
    input: START,
    write: false,
    transform: { define: { __PLAN__: JSON.stringify(plan) } },
    output: { format: 'iife', minify: true },
  });
  return html.replace('<!-- start -->', () => `<script>${output[0].code.trim()}</script>`);
}

function withStyles(html: string, bundle: Rolldown.OutputBundle): string {
  return html.replace(/<link rel="stylesheet"[^>]* href="\/([^"]+)">/g, (_, name: string) => {
    const file = bundle[name];
    if (file?.type !== 'asset') throw new Error(`no style sheet ${name}`);
    Reflect.deleteProperty(bundle, name);
    return `<style>${String(file.source).trim()}</style>`;
  });
}

function planOf(entry: string, first: ReadonlySet<string>, bundle: Rolldown.OutputBundle): Plan {
  const chunks = Object.values(bundle).filter((file) => file.type === 'chunk');
  const withImports = (name: string, seen = new Set<string>()): Set<string> => {
    if (seen.has(name) || first.has(`/${name}`)) return seen;
    seen.add(name);
    chunks.find((chunk) => chunk.fileName === name)?.imports.forEach((next) => withImports(next, seen));
    return seen;
  };
  const scripts = (module: string) => {
    const chunk = chunks.find(({ facadeModuleId }) => facadeModuleId?.endsWith(module));
    return chunk ? [...withImports(chunk.fileName)].map((name) => `/${name}`) : [];
  };
  const viewer = body('ViewerDocument');
  const everywhere = { path: '', scripts: [], asks: [viewer] };
  const pages = Object.entries(PAGES).map(([path, { module, asks = {} }]) => ({
    path,
    scripts: module === undefined ? [] : scripts(module),
    asks: [viewer, ...Object.entries(asks).map(([name, variables]) => body(name, variables))],
  }));
  const languages = Object.fromEntries(Object.entries(LANGUAGES).map(([name, module]) => [name, scripts(module)]));
  return { entry, languages, pages: [...pages, everywhere] };
}

/** A request's body, to the letter as the page's client makes it. */
function body(name: string, variables?: object): string {
  const { query } = createRequest(documentText(name), {});
  const asked = { query: formatDocument(query as TypedDocumentNode), variables };
  return stringifyVariables(makeFetchBody(asked as unknown as Parameters<typeof makeFetchBody>[0]));
}
