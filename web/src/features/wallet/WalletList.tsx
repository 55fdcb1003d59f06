import { LoaderCircle, WalletMinimal } from 'lucide-react';
import { useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { discovery, type Wallet } from './discovery';

const TEST = 'test.gage.';

interface WalletListProps {
  /** The wallet that is being asked. */
  busy: Wallet | null;
  onChoose: (wallet: Wallet) => void;
}

/** The wallets that this browser has, as they call themselves; in development those of the test chain, too. */
export function WalletList({ busy, onChoose }: WalletListProps) {
  const { t } = useTranslation();
  const wallets = useSyncExternalStore(discovery.subscribe, discovery.now);
  const test = wallets.filter(({ info }) => info.rdns.startsWith(TEST));
  const installed = wallets.filter((wallet) => !test.includes(wallet));
  const list = (some: readonly Wallet[]) => (
    <ul className="space-y-2">
      {some.map((wallet) => (
        <li key={wallet.info.uuid}>
          <WalletChoice
            wallet={wallet}
            busy={busy === wallet}
            disabled={busy !== null}
            onChoose={() => onChoose(wallet)}
          />
        </li>
      ))}
    </ul>
  );
  return (
    <div className="space-y-5">
      {installed.length > 0 ? list(installed) : <NoWallet />}
      {test.length > 0 && (
        <section aria-labelledby="test-wallets">
          <h3 id="test-wallets" className="mb-2 text-sm font-semibold text-ink-soft">
            {t('wallet.test')}
          </h3>
          {list(test)}
        </section>
      )}
    </div>
  );
}

function WalletChoice({
  wallet,
  busy,
  disabled,
  onChoose,
}: {
  wallet: Wallet;
  busy: boolean;
  disabled: boolean;
  onChoose: () => void;
}) {
  const { name, icon } = wallet.info;
  return (
    <button
      type="button"
      disabled={disabled}
      aria-busy={busy || undefined}
      onClick={onChoose}
      className="flex w-full items-center gap-3 rounded-xl border border-line bg-ground px-3 py-2.5 text-left font-semibold hover:not-disabled:border-accent disabled:opacity-60"
    >
      {icon.startsWith('data:image/') ? (
        <img src={icon} alt="" className="size-9 rounded-lg" />
      ) : (
        <WalletMinimal aria-hidden className="size-9 p-1.5" />
      )}
      <span className="min-w-0 grow truncate">{name}</span>
      {busy && <LoaderCircle aria-hidden className="size-4 animate-spin" />}
    </button>
  );
}

function NoWallet() {
  const { t } = useTranslation();
  return (
    <div className="rounded-xl bg-sunken p-4 text-sm leading-relaxed">
      <p className="font-semibold">{t('wallet.none.title')}</p>
      <p className="mt-1 text-ink-soft">{t('wallet.none.text')}</p>
      <a
        href="https://metamask.io/download"
        target="_blank"
        rel="noreferrer"
        className="mt-2 inline-block font-semibold text-accent underline"
      >
        {t('wallet.none.install')}
      </a>
    </div>
  );
}
