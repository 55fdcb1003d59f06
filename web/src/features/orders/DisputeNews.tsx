import { Trans, useTranslation } from 'react-i18next';
import type { PaymentStateFragment } from '@/api/generated/graphql';
import { Amount } from '@/shared/money/Amount';
import { sameAddress } from '@/shared/sameAddress';
import { DateTime } from '@/shared/time/DateTime';
import { Notice } from '@/shared/ui/Notice';
import type { Part } from './possibleActions';

interface DisputeNewsProps {
  payment: PaymentStateFragment;
  buyer: string;
  part: Part | null;
}

/** What a dispute means for whoever looks at it. */
export function DisputeNews({ payment: { dispute, price, held }, buyer, part }: DisputeNewsProps) {
  const { t } = useTranslation();
  const side = sameAddress(dispute?.openedBy, buyer) ? 'buyer' : 'seller';
  return (
    <Notice tone="warn">
      <p className="font-semibold">{t(part === 'arbiter' ? 'dispute.decide' : 'dispute.wait')}</p>
      <ul className="mt-1 space-y-0.5">
        {dispute && (
          <li>
            {t(part === side ? 'dispute.openedByYou' : `dispute.openedBy.${side}`)} <DateTime at={dispute.openedAt} />
          </li>
        )}
        <li>
          <Trans i18nKey="dispute.held" components={{ amount: <Amount price={{ ...price, amount: held }} /> }} />
        </li>
        {dispute?.refundableFrom && (
          <li>
            {t(part === 'buyer' ? 'dispute.refundableByYou' : 'dispute.refundable')}{' '}
            <DateTime at={dispute.refundableFrom} />
          </li>
        )}
      </ul>
    </Notice>
  );
}
