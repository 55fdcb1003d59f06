import { ChevronDown, Smartphone } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useQuery } from 'urql';
import { PaymentQrCodeDocument } from '@/api/generated/graphql';
import { CopyButton } from '@/shared/ui/CopyButton';
import { QueryFault } from '@/shared/ui/QueryFault';
import { Skeleton } from '@/shared/ui/Skeleton';

/** A request to pay for a wallet on another device (ERC-681): as a code to scan, and as a link. */
export function PayElsewhere({ order, uri }: { order: string; uri: string }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  return (
    <details className="group border-t border-line pt-4" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className="flex min-h-9 cursor-pointer list-none items-center gap-2 rounded-lg text-sm font-semibold">
        <Smartphone aria-hidden className="size-4 text-ink-soft" />
        {t('payment.elsewhere.title')}
        <ChevronDown aria-hidden className="ml-auto size-4 text-ink-soft group-open:rotate-180" />
      </summary>
      {open && (
        <div className="flex flex-col items-center gap-4 pt-4 sm:flex-row sm:items-start">
          <QrCode order={order} />
          <div className="space-y-3 text-sm leading-relaxed">
            <p className="text-ink-soft">{t('payment.elsewhere.about')}</p>
            <p className="flex items-center gap-3">
              <a href={uri} className="font-semibold text-accent underline">
                {t('payment.elsewhere.open')}
              </a>
              <CopyButton text={uri} label={t('payment.elsewhere.copy')} />
            </p>
          </div>
        </div>
      )}
    </details>
  );
}

function QrCode({ order }: { order: string }) {
  const { t } = useTranslation();
  const [{ data, error }] = useQuery({ query: PaymentQrCodeDocument, variables: { order } });
  const svg = data?.order?.payment?.qrCode;
  if (error && !svg) return <QueryFault error={error} />;
  if (!svg) return <Skeleton className="size-52 shrink-0" />;
  return (
    <img
      src={`data:image/svg+xml,${encodeURIComponent(svg)}`}
      alt={t('payment.elsewhere.code')}
      // Readers need a light ground around it, in the dark too.
      className="size-52 shrink-0 rounded-lg bg-white"
    />
  );
}
