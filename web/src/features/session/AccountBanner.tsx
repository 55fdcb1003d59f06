import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useWallet } from '@/features/wallet/WalletContext';
import { sameAddress } from '@/shared/sameAddress';
import { Button } from '@/shared/ui/Button';
import { FaultNotice } from '@/shared/ui/FaultNotice';
import { Notice } from '@/shared/ui/Notice';
import { shorten } from '@/shared/ui/ShortHash';
import { useSession } from './SessionContext';

/** Says when the wallet shows another account than the one that is signed in, and offers to follow it. */
export function AccountBanner() {
  const { t } = useTranslation();
  const { connected } = useWallet();
  const { viewer, signIn } = useSession();
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<unknown>(null);
  if (!viewer || !connected || sameAddress(connected.account, viewer.address)) return null;

  const follow = async () => {
    setBusy(true);
    setFault(null);
    await signIn(connected).catch(setFault);
    setBusy(false);
  };
  return (
    <div className="mb-6 space-y-3">
      <Notice
        tone="warn"
        action={
          <Button look="secondary" size="small" busy={busy} onClick={() => void follow()}>
            {t('account.follow')}
          </Button>
        }
      >
        {t('account.other', { wallet: shorten(connected.account), session: shorten(viewer.address) })}
      </Notice>
      {fault !== null && <FaultNotice fault={fault} />}
    </div>
  );
}
