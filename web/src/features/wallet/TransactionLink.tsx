import { ExternalLink } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { CopyButton } from '@/shared/ui/CopyButton';
import { ShortHash } from '@/shared/ui/ShortHash';
import { transactionUrl } from './explorers';

/** A transaction: a link to its chain's explorer, where one is known, and its hash to copy. */
export function TransactionLink({ chainId, hash }: { chainId: string; hash: string }) {
  const { t } = useTranslation();
  const url = transactionUrl(chainId, hash);
  return (
    <span className="inline-flex items-center gap-1">
      {url === null ? (
        <ShortHash value={hash} />
      ) : (
        <a href={url} target="_blank" rel="noreferrer" className="inline-flex items-center gap-1 text-accent underline">
          <ShortHash value={hash} />
          <ExternalLink aria-hidden className="size-3.5" />
          <span className="sr-only">{t('wallet.opensExplorer')}</span>
        </a>
      )}
      <CopyButton text={hash} label={t('wallet.copyHash')} />
    </span>
  );
}
