import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMutation } from 'urql';
import { answered } from '@/api/errors';
import { type OwnProductFragment, PublishProductDocument, UnpublishProductDocument } from '@/api/generated/graphql';
import { newIdempotencyKey } from '@/api/idempotency';
import { Button } from '@/shared/ui/Button';
import { FaultNotice } from '@/shared/ui/FaultNotice';

/** Puts a product on sale, or takes it off. */
export function PublishButton({ product }: { product: OwnProductFragment }) {
  const { t } = useTranslation('owner');
  const [{ fetching: publishing }, publish] = useMutation(PublishProductDocument);
  const [{ fetching: unpublishing }, unpublish] = useMutation(UnpublishProductDocument);
  const [fault, setFault] = useState<unknown>(null);
  const busy = publishing || unpublishing;

  const run = async () => {
    setFault(null);
    const input = { idempotencyKey: newIdempotencyKey(), product: product.id };
    try {
      if (product.published) {
        const { data, error } = await unpublish({ input });
        answered(data?.unpublishProduct, error);
      } else {
        const { data, error } = await publish({ input });
        answered(data?.publishProduct, error);
      }
    } catch (refused) {
      setFault(refused);
    }
  };
  return (
    <div className="max-sm:w-full">
      <Button
        look={product.published ? 'secondary' : 'primary'}
        className="max-sm:w-full"
        busy={busy}
        onClick={() => void run()}
      >
        {t(product.published ? 'sale.unpublish' : 'sale.publish')}
      </Button>
      {fault !== null && <FaultNotice fault={fault} className="mt-2" />}
    </div>
  );
}
