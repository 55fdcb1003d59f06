import { startTransition, StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from '@/app/App';
import { SessionProvider } from '@/features/session/SessionProvider';
import { discovery } from '@/features/wallet/discovery';
import { WalletProvider } from '@/features/wallet/WalletProvider';
import { startLanguage } from '@/i18n/i18n';
import './styles.css';

discovery.start();
if (__TEST_WALLETS__)
  void import('@/features/wallet/testWallets').then(({ announceTestWallets }) => announceTestWallets());

await startLanguage();
const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');
const shown = createRoot(root);
// In slices, between which the browser answers whoever touches the page.
startTransition(() =>
  shown.render(
    <StrictMode>
      <WalletProvider>
        <SessionProvider>
          <App />
        </SessionProvider>
      </WalletProvider>
    </StrictMode>,
  ),
);
