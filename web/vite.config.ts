import { fileURLToPath } from 'node:url';
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';
import { documentsAsText } from './vite.documents';
import { start } from './vite.start';

/** Where `gage` answers while the page is developed. */
const server = process.env['GAGE_URL'] ?? 'http://127.0.0.1:8080';

/** What some pages share and the first ones do not need. */
const LATER =
  /node_modules\/(viem|ox|abitype|@noble|@scure|graphql-ws|@floating-ui|@radix-ui\/react-(?!slot|compose-refs)|react-remove-scroll|react-style-singleton|use-(sidecar|callback-ref)|aria-hidden)|shared\/ui\/DialogWindow|features\/(payment|orders|balance|checkout|delivery|personal|history|owner)\/|features\/wallet\/(knownChains|switchChain|useWalletAction|sendCall|batch|signTypedData|TransactionLink|ConnectWallet)|shared\/ui\/Field|\.json$/;

export default defineConfig(({ mode }) => ({
  plugins: [documentsAsText(), react(), tailwindcss(), start()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  // A build for development offers the test chain's wallets; a build for production has no trace of them.
  define: { __TEST_WALLETS__: JSON.stringify(mode !== 'production') },
  build: {
    outDir: `dist/${mode}`,
    emptyOutDir: true,
    target: 'es2023',
    // Never as a data: URL, which the Content-Security-Policy does not let in for scripts and fonts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        // What most pages need is one file: on a slow line each file costs more than its bytes.
        codeSplitting: {
          includeDependenciesRecursively: false,
          groups: [{ name: 'shared', minShareCount: 2, test: (id) => !LATER.test(id) }],
        },
      },
    },
  },
  server: {
    proxy: {
      '^/(graphql|development)': {
        target: server,
        ws: true,
        // The server takes its cookie from pages of its own origin alone.
        headers: { origin: server },
      },
    },
  },
  test: {
    environment: 'jsdom',
    include: ['src/**/*.test.{ts,tsx}'],
    restoreMocks: true,
  },
}));
