import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import type { OrderPageFragment } from '@/api/generated/graphql';
import { paths } from '@/app/paths';
import { ProductPicture } from '@/features/catalogue/ProductPicture';
import { Amount } from '@/shared/money/Amount';
import { Card } from '@/shared/ui/Card';
import { useLocalized } from '@/shared/useLocalized';

/** What was ordered, at the prices of that moment. */
export function OrderLines({ order }: { order: OrderPageFragment }) {
  const { t } = useTranslation();
  const localized = useLocalized();
  return (
    <Card aria-labelledby="lines">
      <h2 id="lines" className="mb-2 font-bold">
        {t('order.lines')}
      </h2>
      <ul className="divide-y divide-line">
        {order.lines.map((line) => (
          <li key={line.productId} className="flex items-center gap-4 py-3">
            <ProductPicture id={line.productId} className="size-14 shrink-0 rounded-lg" />
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
    </Card>
  );
}
