import { useTranslation } from 'react-i18next';
import { type Step, TransactionFailed } from '@/features/wallet/useWalletAction';
import { FaultNotice } from '@/shared/ui/FaultNotice';
import { Notice } from '@/shared/ui/Notice';

/** What is going on between the page and the wallet. */
export function StepWords({ step, wallet }: { step: Step; wallet: string }) {
  const { t } = useTranslation();
  return (
    <div aria-live="polite" className="empty:hidden">
      {(step.at === 'switching' || step.at === 'signing' || step.at === 'submitted') && (
        <Notice tone="info">{t(`wallet.step.${step.at}`, { wallet })}</Notice>
      )}
      {step.at === 'failed' &&
        (step.fault instanceof TransactionFailed ? (
          <Notice tone="bad">{t('wallet.step.reverted')}</Notice>
        ) : (
          <FaultNotice fault={step.fault} />
        ))}
    </div>
  );
}
