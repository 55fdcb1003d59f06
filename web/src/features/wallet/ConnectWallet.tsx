import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '@/shared/ui/Button';
import { Dialog } from '@/shared/ui/Dialog';
import { FaultNotice } from '@/shared/ui/FaultNotice';
import type { Wallet } from './discovery';
import { useWallet } from './WalletContext';
import { WalletList } from './WalletList';

/** Lets a person choose the wallet that signs, for those who are signed in and have not shown one since. */
export function ConnectWallet({ children, className }: { children: ReactNode; className?: string }) {
  const { t } = useTranslation();
  const { connect } = useWallet();
  const [open, setOpen] = useState(false);
  const [busy, setBusy] = useState<Wallet | null>(null);
  const [fault, setFault] = useState<unknown>(null);

  const choose = async (wallet: Wallet) => {
    setFault(null);
    setBusy(wallet);
    try {
      await connect(wallet);
      setOpen(false);
    } catch (error) {
      setFault(error);
    } finally {
      setBusy(null);
    }
  };

  return (
    <>
      <Button className={className} onClick={() => setOpen(true)}>
        {children}
      </Button>
      <Dialog open={open} onOpenChange={setOpen} title={t('wallet.choose')}>
        <WalletList busy={busy} onChoose={(wallet) => void choose(wallet)} />
        {fault !== null && <FaultNotice fault={fault} className="mt-4" />}
      </Dialog>
    </>
  );
}
