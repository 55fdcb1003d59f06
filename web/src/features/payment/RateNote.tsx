import { useTranslation } from 'react-i18next';
import type { PaymentRateFragment, PaymentStateFragment } from '@/api/generated/graphql';
import { addressUrl } from '@/features/wallet/explorers';
import { formatAmount, formatDecimal } from '@/shared/money/format';
import { baseUnits } from '@/shared/money/units';
import { DateTime } from '@/shared/time/DateTime';
import { ShortHash } from '@/shared/ui/ShortHash';

/** Digits of fiat currencies after the point. */
const MINOR_DIGITS = { KRW: 0, USD: 2 } as const;

interface RateNoteProps {
  payment: PaymentStateFragment;
  rate: PaymentRateFragment;
}

/** Where the amount of a payment comes from: the price in fiat money and the rate, as they were when it was ordered. */
export function RateNote({ payment, rate }: RateNoteProps) {
  const { t, i18n } = useTranslation();
  const currency = { symbol: rate.fiat, decimals: MINOR_DIGITS[rate.fiat], fiat: true };
  const price = formatAmount(baseUnits(rate.amount), currency, i18n.language);
  const perToken = formatDecimal(rate.fiatPerToken, currency, i18n.language);
  return (
    <div className="text-sm leading-relaxed text-ink-soft">
      <p>{t('payment.rate.is', { price, perToken, token: payment.price.currency })}</p>
      <p>
        {t(`payment.rate.${rate.source}`)} · <DateTime at={rate.asOf} style="precise" />
      </p>
      {rate.feeds.length > 0 && (
        <ul aria-label={t('payment.rate.feeds')}>
          {rate.feeds.map(({ chainId, feed, round }) => (
            <li key={`${chainId} ${feed}`}>
              <Feed chainId={chainId} feed={feed} /> {t('payment.rate.round', { round })}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Feed({ chainId, feed }: { chainId: string; feed: string }) {
  const url = addressUrl(chainId, feed);
  if (url === null) return <ShortHash value={feed} />;
  return (
    <a href={url} target="_blank" rel="noreferrer" className="underline">
      <ShortHash value={feed} />
    </a>
  );
}
