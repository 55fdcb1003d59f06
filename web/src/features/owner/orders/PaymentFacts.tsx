import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { TransactionLink } from '@/features/wallet/TransactionLink';
import { Amount } from '@/shared/money/Amount';
import { useTokens } from '@/shared/money/useTokens';
import { DateTime } from '@/shared/time/DateTime';
import { Card } from '@/shared/ui/Card';
import { CopyButton } from '@/shared/ui/CopyButton';
import { ShortHash } from '@/shared/ui/ShortHash';
import type { WholeOrder } from './ShopOrderPage';

/** Who buys, and where the money is. */
export function PaymentFacts({ order }: { order: WholeOrder }) {
  const { t } = useTranslation('owner');
  const { chainName } = useTokens();
  const { payment } = order;
  const amount = (units: string) => payment && <Amount price={{ ...payment.price, amount: units }} />;
  return (
    <Card aria-labelledby="facts">
      <h2 id="facts" className="mb-3 font-bold">
        {t('facts.title')}
      </h2>
      <dl className="grid grid-cols-[auto_1fr] gap-x-6 gap-y-2 text-sm">
        <Fact name={t('facts.buyer')}>
          <ShortHash value={order.buyer} /> <CopyButton text={order.buyer} label={t('facts.copyBuyer')} />
        </Fact>
        {payment && (
          <>
            <Fact name={t('facts.chain')}>{chainName(payment.chainId)}</Fact>
            <Fact name={t('facts.held')}>{amount(payment.held)}</Fact>
            <Fact name={t('facts.released')}>{amount(payment.released)}</Fact>
            <Fact name={t('facts.refunded')}>{amount(payment.refunded)}</Fact>
            {payment.releasableFrom && payment.held !== '0' && (
              <Fact name={t('facts.releasableFrom')}>
                <DateTime at={payment.releasableFrom} />
              </Fact>
            )}
            {payment.transactionHash && (
              <Fact name={t('facts.transaction')}>
                <TransactionLink chainId={payment.chainId} hash={payment.transactionHash} />
              </Fact>
            )}
          </>
        )}
      </dl>
    </Card>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-ink-soft">{name}</dt>
      <dd className="min-w-0 text-right">{children}</dd>
    </>
  );
}
