import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMutation } from 'urql';
import { answered } from '@/api/errors';
import { ChangePayoutAddressDocument, type OwnShopFragment } from '@/api/generated/graphql';
import { useSession } from '@/features/session/SessionContext';
import { sameAddress } from '@/shared/sameAddress';
import { Card } from '@/shared/ui/Card';
import { ConfirmButton } from '@/shared/ui/ConfirmButton';
import { TextField } from '@/shared/ui/Field';
import { Notice } from '@/shared/ui/Notice';
import { isAddress } from '../rules';

/** Where the shop's money goes. Who mistypes it has lost what is paid from then on, so it is said and asked once more. */
export function PayoutForm({ shop }: { shop: OwnShopFragment }) {
  const { t } = useTranslation('owner');
  const { viewer } = useSession();
  const [, change] = useMutation(ChangePayoutAddressDocument);
  const [typed, setTyped] = useState('');
  const wrong = typed !== '' && !isAddress(typed);
  const other = isAddress(typed) && !sameAddress(typed, shop.payoutAddress) ? typed : null;

  const act = async (idempotencyKey: string) => {
    if (other === null) return;
    const { data, error } = await change({ input: { idempotencyKey, shop: shop.id, payoutAddress: other } });
    answered(data?.changePayoutAddress, error);
  };

  return (
    <Card className="space-y-5">
      <h2 className="text-lg font-bold">{t('open.payout')}</h2>
      <div className="text-sm">
        <p className="text-ink-soft">{t('settings.payoutNow')}</p>
        <p className="mt-0.5 font-mono break-all">{shop.payoutAddress}</p>
      </div>
      <TextField
        label={t('settings.payoutNew')}
        problem={wrong ? t('open.payoutWrong') : null}
        placeholder="0x…"
        value={typed}
        spellCheck={false}
        autoComplete="off"
        className="font-mono text-sm"
        onChange={(event) => setTyped(event.target.value.trim())}
      />
      <Notice tone="warn">{t('settings.payoutWarning')}</Notice>
      {other !== null && !sameAddress(other, viewer?.address) && (
        <Notice tone="info">{t('settings.payoutOther')}</Notice>
      )}
      <ConfirmButton
        label={t('settings.changePayout')}
        about={t('settings.payoutAbout', { address: other ?? '' })}
        confirm={t('settings.confirmPayout')}
        look="danger"
        disabled={other === null}
        act={act}
      />
    </Card>
  );
}
