import { type SubmitEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMutation } from 'urql';
import { useLocation } from 'wouter';
import { answered } from '@/api/errors';
import { OpenShopDocument } from '@/api/generated/graphql';
import { newIdempotencyKey } from '@/api/idempotency';
import { useSession } from '@/features/session/SessionContext';
import { Button } from '@/shared/ui/Button';
import { Card } from '@/shared/ui/Card';
import { FaultNotice } from '@/shared/ui/FaultNotice';
import { TextField } from '@/shared/ui/Field';
import { PageTitle } from '@/shared/ui/PageTitle';
import { NameFields } from './NameFields';
import { isAddress, textInput } from './rules';
import { ownerPaths } from './ownerPaths';

export function OpenShopPage() {
  const { t } = useTranslation('owner');
  const { viewer } = useSession();
  const [, go] = useLocation();
  const [{ fetching }, open] = useMutation(OpenShopDocument);
  const [key] = useState(newIdempotencyKey);
  const [ko, setKo] = useState('');
  const [en, setEn] = useState('');
  const [payout, setPayout] = useState('');
  const [fault, setFault] = useState<unknown>(null);
  const wrongPayout = payout !== '' && !isAddress(payout);
  const ready = (ko.trim() !== '' || en.trim() !== '') && !wrongPayout;

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (!ready) return;
    setFault(null);
    const input = {
      idempotencyKey: key,
      name: textInput(ko, en),
      ...(isAddress(payout) && { payoutAddress: payout }),
    };
    try {
      const { data, error } = await open({ input });
      const { shop } = answered(data?.openShop, error);
      if (shop) go(ownerPaths.shop(shop.id));
    } catch (refused) {
      setFault(refused);
    }
  };

  return (
    <div className="mx-auto max-w-xl">
      <PageTitle>{t('open.title')}</PageTitle>
      <p className="-mt-3 mb-6 leading-relaxed text-ink-soft">{t('open.about')}</p>
      <Card>
        <form className="space-y-5" onSubmit={(event) => void submit(event)} noValidate>
          <NameFields ko={ko} en={en} onKo={setKo} onEn={setEn} />
          <TextField
            label={t('open.payout')}
            hint={t('open.payoutHint')}
            problem={wrongPayout ? t('open.payoutWrong') : null}
            placeholder={viewer?.address ?? '0x…'}
            value={payout}
            spellCheck={false}
            autoComplete="off"
            className="font-mono text-sm"
            onChange={(event) => setPayout(event.target.value.trim())}
          />
          {fault !== null && <FaultNotice fault={fault} />}
          <Button type="submit" className="w-full" busy={fetching} disabled={fetching || !ready}>
            {t('open.submit')}
          </Button>
        </form>
      </Card>
    </div>
  );
}
