import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import type { OrderPageFragment } from '@/api/generated/graphql';
import { paths } from '@/app/paths';
import { ProductPicture } from '@/features/catalogue/ProductPicture';
import { RateNote } from '@/features/payment/RateNote';
import { Amount } from '@/shared/money/Amount';
import { Card } from '@/shared/ui/Card';
import { useLocalized } from '@/shared/useLocalized';

/** What was ordered, at the prices of that moment; `paying` is said of an order whose payment is shown beside it. */
export function OrderLines({ order, paying }: { order: OrderPageFragment; paying: boolean }) {
  const { t } = useTranslation();
  const localized = useLocalized();
  const { payment } = order;
  return (
    <Card aria-labelledby="lines">
      <h2 id="lines" className="mb-2 font-bold">
        {t('order.lines')}
      </h2>
      <ul className="divide-y divide-line">
        {order.lines.map((line) => (
          <li key={line.productId} className="flex items-center gap-4 py-3">
            <ProductPicture
              id={line.productId}
              image={line.product?.image ?? null}
              size="small"
              className="size-14 shrink-0 rounded-lg"
            />
            <div className="flex min-w-0 grow flex-wrap items-baseline justify-between gap-x-4">
              <p>
                <Link href={paths.product(line.productId)} className="font-medium hover:underline">
                  {localized(line.name)}
                </Link>{' '}
                <span className="text-ink-soft">× {line.quantity}</span>
              </p>
              <p className="font-semibold">
                <Amount price={line.unitPrice} times={line.quantity} />
              </p>
            </div>
          </li>
        ))}
      </ul>
      <p className="mt-2 flex flex-wrap items-baseline justify-between gap-x-4 border-t border-line pt-4">
        <span className="text-ink-soft">{t('cart.total')}</span>
        <strong className="text-lg">
          <Amount price={order.total} />
        </strong>
      </p>
      {payment?.rate && !paying && (
        <div className="mt-3 border-t border-line pt-3">
          <p className="mb-1 flex flex-wrap items-baseline justify-between gap-x-4">
            <span className="text-ink-soft">{t('payment.amount')}</span>
            <span className="font-semibold">
              <Amount price={payment.price} />
            </span>
          </p>
          <RateNote payment={payment} rate={payment.rate} />
        </div>
      )}
    </Card>
  );
}
