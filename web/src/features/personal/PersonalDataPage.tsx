import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMutation } from 'urql';
import { Link } from 'wouter';
import { answered } from '@/api/errors';
import { EraseMyPersonalDataDocument, type EraseMyPersonalDataMutation } from '@/api/generated/graphql';
import { paths } from '@/app/paths';
import { SignedIn } from '@/features/session/SignedIn';
import { Card } from '@/shared/ui/Card';
import { ConfirmButton } from '@/shared/ui/ConfirmButton';
import { Notice } from '@/shared/ui/Notice';
import { PageTitle } from '@/shared/ui/PageTitle';

type OpenOrder = EraseMyPersonalDataMutation['eraseMyPersonalData']['openOrders'][number];

/** What the shop knows of the customer, and the way to erase it. */
export function PersonalDataPage() {
  const { t } = useTranslation('delivery');
  return (
    <div className="mx-auto max-w-2xl">
      <PageTitle>{t('erase.title')}</PageTitle>
      <p className="-mt-3 mb-6 leading-relaxed text-ink-soft">{t('erase.about')}</p>
      <SignedIn>
        <Erase />
      </SignedIn>
    </div>
  );
}

function Erase() {
  const { t } = useTranslation('delivery');
  const [, erase] = useMutation(EraseMyPersonalDataDocument);
  const [erased, setErased] = useState(false);
  const [open, setOpen] = useState<readonly OpenOrder[]>([]);

  const act = async (idempotencyKey: string) => {
    const { data, error } = await erase({ input: { idempotencyKey } });
    const inTheWay = data?.eraseMyPersonalData.openOrders ?? [];
    setOpen(inTheWay);
    // Which orders are in the way is told on the page, where they can be gone to.
    if (inTheWay.length > 0) return;
    answered(data?.eraseMyPersonalData, error);
    setErased(true);
  };

  return (
    <Card className="space-y-4">
      <p className="leading-relaxed">{t('erase.what')}</p>
      {erased && <Notice tone="good">{t('erase.done')}</Notice>}
      {open.length > 0 && (
        <Notice tone="warn">
          {t('erase.open')}
          <ul className="mt-2 flex flex-wrap gap-x-4 gap-y-1">
            {open.map(({ id, number }) => (
              <li key={id}>
                <Link href={paths.order(id)} className="font-semibold underline">
                  {number}
                </Link>
              </li>
            ))}
          </ul>
        </Notice>
      )}
      <ConfirmButton
        look="danger"
        label={t('erase.act')}
        about={t('erase.sure')}
        confirm={t('erase.confirm')}
        act={act}
      />
    </Card>
  );
}
