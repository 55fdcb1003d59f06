import { History, ReceiptText } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useClient } from 'urql';
import { Link } from 'wouter';
import { ApiFault, codeOf } from '@/api/errors';
import { OrderReceiptDocument } from './generated/graphql';
import { Button } from '@/shared/ui/Button';
import { Card } from '@/shared/ui/Card';
import { FaultNotice } from '@/shared/ui/FaultNotice';
import { Notice } from '@/shared/ui/Notice';
import { download } from './download';
import { historyPaths } from './historyPaths';

/** What a party to an order keeps of it: the receipt, and the way to its history. */
export function OrderRecord({ order }: { order: string }) {
  const { t } = useTranslation('history');
  const client = useClient();
  const [busy, setBusy] = useState(false);
  const [told, setTold] = useState<'pending' | ApiFault | null>(null);
  const fetchReceipt = async () => {
    setBusy(true);
    setTold(null);
    const { data, error } = await client
      .query(OrderReceiptDocument, { id: order }, { requestPolicy: 'network-only' })
      .toPromise();
    setBusy(false);
    const receipt = data?.order?.receipt;
    if (receipt) download(receipt.fileName, receipt.json);
    else setTold(error ? new ApiFault(codeOf(error)) : 'pending');
  };
  return (
    <Card aria-labelledby="record">
      <h2 id="record" className="mb-1 font-bold">
        {t('record.title')}
      </h2>
      <p className="mb-4 text-sm leading-relaxed text-ink-soft">{t('record.about')}</p>
      <div className="flex flex-wrap gap-3">
        <Button look="secondary" size="small" className="min-h-11" busy={busy} onClick={() => void fetchReceipt()}>
          {!busy && <ReceiptText aria-hidden className="size-4" />} {t('record.receipt')}
        </Button>
        <Button asChild look="secondary" size="small" className="min-h-11">
          <Link href={historyPaths.of({ stream: order })}>
            <History aria-hidden className="size-4" /> {t('record.history')}
          </Link>
        </Button>
      </div>
      {told === 'pending' && (
        <Notice tone="info" className="mt-4">
          {t('record.pending')}
        </Notice>
      )}
      {told instanceof ApiFault && <FaultNotice fault={told} className="mt-4" />}
    </Card>
  );
}
