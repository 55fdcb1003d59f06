import { type SubmitEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMutation } from 'urql';
import { answered } from '@/api/errors';
import { type OwnShopFragment, ReviseShopDocument } from '@/api/generated/graphql';
import { newIdempotencyKey } from '@/api/idempotency';
import { Button } from '@/shared/ui/Button';
import { Card } from '@/shared/ui/Card';
import { FaultNotice } from '@/shared/ui/FaultNotice';
import { NameFields } from '../NameFields';
import { textInput } from '../rules';

/** The shop’s name in both languages, at once what customers see. */
export function NameForm({ shop }: { shop: OwnShopFragment }) {
  const { t } = useTranslation('owner');
  const [{ fetching }, revise] = useMutation(ReviseShopDocument);
  const [ko, setKo] = useState(shop.name.ko ?? '');
  const [en, setEn] = useState(shop.name.en ?? '');
  const [fault, setFault] = useState<unknown>(null);
  const name = textInput(ko, en);
  const changed = name.ko !== (shop.name.ko ?? null) || name.en !== (shop.name.en ?? null);
  const ready = changed && (name.ko !== null || name.en !== null);

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (!ready) return;
    setFault(null);
    try {
      const { data, error } = await revise({ input: { idempotencyKey: newIdempotencyKey(), shop: shop.id, name } });
      answered(data?.reviseShop, error);
    } catch (refused) {
      setFault(refused);
    }
  };

  return (
    <Card>
      <form className="space-y-5" onSubmit={(event) => void submit(event)} noValidate>
        <h2 className="text-lg font-bold">{t('settings.name')}</h2>
        <NameFields ko={ko} en={en} onKo={setKo} onEn={setEn} />
        {fault !== null && <FaultNotice fault={fault} />}
        <Button type="submit" className="max-sm:w-full" busy={fetching} disabled={fetching || !ready}>
          {t('settings.saveName')}
        </Button>
      </form>
    </Card>
  );
}
