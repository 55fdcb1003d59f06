import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useWallet } from '@/features/wallet/WalletContext';
import type { Wallet } from '@/features/wallet/discovery';
import { WalletList } from '@/features/wallet/WalletList';
import { Dialog } from '@/shared/ui/Dialog';
import { FaultNotice } from '@/shared/ui/FaultNotice';
import { Notice } from '@/shared/ui/Notice';
import { useSession } from './SessionContext';
import { WrongSite } from './WrongSite';

interface SignInDialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

/** Signs in: the wallet shows an account, then signs a message. */
export function SignInDialog({ open, onOpenChange }: SignInDialogProps) {
  const { t } = useTranslation();
  const { connect } = useWallet();
  const { signIn } = useSession();
  const [under, setUnder] = useState<{ wallet: Wallet; step: 'connect' | 'sign' } | null>(null);
  const [fault, setFault] = useState<unknown>(null);

  const choose = async (wallet: Wallet) => {
    setFault(null);
    try {
      setUnder({ wallet, step: 'connect' });
      const connected = await connect(wallet);
      setUnder({ wallet, step: 'sign' });
      await signIn(connected);
      onOpenChange(false);
    } catch (error) {
      setFault(error);
    } finally {
      setUnder(null);
    }
  };

  const changeOpen = (next: boolean) => {
    setFault(null);
    onOpenChange(next);
  };

  return (
    <Dialog open={open} onOpenChange={changeOpen} title={t('signIn.title')} description={t('signIn.description')}>
      <WalletList busy={under?.wallet ?? null} onChoose={(wallet) => void choose(wallet)} />
      <div aria-live="polite" className="mt-4 empty:hidden">
        {under && <Notice tone="info">{t(`signIn.step.${under.step}`, { wallet: under.wallet.info.name })}</Notice>}
        {fault instanceof WrongSite ? (
          <Notice tone="bad">
            {t('signIn.wrongSite')}{' '}
            <a href={fault.origin} className="font-semibold underline">
              {fault.origin}
            </a>
          </Notice>
        ) : (
          fault !== null && <FaultNotice fault={fault} />
        )}
      </div>
    </Dialog>
  );
}
