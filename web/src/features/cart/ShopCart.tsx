import { useTranslation } from 'react-i18next';
import { useQuery } from 'urql';
import { Link } from 'wouter';
import { ShopDocument } from '@/api/generated/graphql';
import { paths } from '@/app/paths';
import { Amount } from '@/shared/money/Amount';
import { total } from '@/shared/money/price';
import { Button } from '@/shared/ui/Button';
import { Card } from '@/shared/ui/Card';
import { Notice } from '@/shared/ui/Notice';
import { Skeleton } from '@/shared/ui/Skeleton';
import { useLocalized } from '@/shared/useLocalized';
import type { CartLine } from './cart';
import { CartRow } from './CartRow';

/** What is in the cart of one shop, and what it costs together. */
export function ShopCart({ shop, lines }: { shop: string; lines: readonly CartLine[] }) {
  const { t } = useTranslation();
  const localized = useLocalized();
  const [{ data }] = useQuery({ query: ShopDocument, variables: { id: shop } });
  const sum = total(lines.map(({ seenPrice, quantity }) => ({ price: seenPrice, quantity })));
  const name = data?.shop ? localized(data.shop.name) : undefined;
  return (
    <Card aria-label={name}>
      <h2 className="mb-2 font-bold">{name ?? <Skeleton className="h-6 w-32" />}</h2>
      <ul className="divide-y divide-line">
        {lines.map((line) => (
          <CartRow key={line.product} line={line} />
        ))}
      </ul>
      {sum === null ? (
        <Notice tone="warn" className="mt-4">
          {t('cart.mixedCurrencies')}
        </Notice>
      ) : (
        <div className="mt-2 flex flex-wrap items-center justify-between gap-4 border-t border-line pt-5">
          <p className="flex flex-wrap items-baseline gap-x-3">
            <span className="text-ink-soft">{t('cart.total')}</span>
            <strong className="text-xl">
              <Amount price={sum} />
            </strong>
          </p>
          <Button asChild className="w-full sm:w-auto">
            <Link href={paths.checkout(shop)}>{t('cart.checkout')}</Link>
          </Button>
        </div>
      )}
    </Card>
  );
}
