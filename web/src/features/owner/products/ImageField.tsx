import { ImagePlus, LoaderCircle, Trash2 } from 'lucide-react';
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMutation } from 'urql';
import { answered } from '@/api/errors';
import { ChangeImageDocument, type OwnProductFragment } from '@/api/generated/graphql';
import { newIdempotencyKey } from '@/api/idempotency';
import { ProductPicture } from '@/features/catalogue/ProductPicture';
import { Button } from '@/shared/ui/Button';
import { Card } from '@/shared/ui/Card';
import { FaultNotice } from '@/shared/ui/FaultNotice';
import { IMAGE_TYPES, uploadImage } from './uploadImage';

/** A product's image: chosen, sent at once, and shown as customers see it. */
export function ImageField({ product }: { product: OwnProductFragment }) {
  const { t } = useTranslation('owner');
  const id = useId();
  const [, change] = useMutation(ChangeImageDocument);
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<unknown>(null);

  const set = async (find: () => Promise<`0x${string}` | null>) => {
    setBusy(true);
    setFault(null);
    try {
      const image = await find();
      const input = { idempotencyKey: newIdempotencyKey(), product: product.id, image };
      const { data, error } = await change({ input });
      answered(data?.changeImage, error);
    } catch (refused) {
      setFault(refused);
    } finally {
      setBusy(false);
    }
  };

  return (
    <Card aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`} className="mb-3 font-bold">
        {t('image.title')}
      </h2>
      <div className="relative overflow-hidden rounded-xl border border-line">
        <ProductPicture id={product.id} image={product.image} className="aspect-4/3 w-full" />
        {busy && (
          <span role="status" className="absolute inset-0 grid place-items-center bg-raised/70">
            <LoaderCircle aria-hidden className="size-7 animate-spin text-accent" />
            <span className="sr-only">{t('image.busy')}</span>
          </span>
        )}
      </div>
      <div className="mt-3 flex flex-wrap gap-2">
        <label
          htmlFor={id}
          className="inline-flex min-h-11 grow cursor-pointer items-center justify-center gap-2 rounded-xl border border-line-strong/50 bg-raised px-4 text-[0.95rem] font-semibold hover:bg-sunken has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent"
        >
          <ImagePlus aria-hidden className="size-4" />
          {t(product.image ? 'image.replace' : 'image.choose')}
          <input
            id={id}
            type="file"
            className="sr-only"
            accept={IMAGE_TYPES.join(',')}
            disabled={busy}
            onChange={(event) => {
              const file = event.target.files?.[0];
              // The same file may be chosen again after a refusal.
              event.target.value = '';
              if (file) void set(() => uploadImage(file));
            }}
          />
        </label>
        {product.image && (
          <Button
            look="secondary"
            className="grow"
            disabled={busy}
            onClick={() => void set(() => Promise.resolve(null))}
          >
            <Trash2 aria-hidden className="size-4" /> {t('image.remove')}
          </Button>
        )}
      </div>
      <p className="mt-2 text-xs leading-relaxed text-ink-soft">{t('image.hint')}</p>
      {fault !== null && <FaultNotice fault={fault} className="mt-3" />}
    </Card>
  );
}
