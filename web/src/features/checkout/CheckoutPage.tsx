import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Redirect } from 'wouter';
import type { UserErrorFragment } from '@/api/generated/graphql';
import { paths } from '@/app/paths';
import { useCart } from '@/features/cart/useCart';
import { ReviewLines } from './ReviewLines';
import { PlaceOrder } from './PlaceOrder';
import { total } from '@/shared/money/price';
import { PageTitle } from '@/shared/ui/PageTitle';

/** What will be ordered at a shop, what it costs, and the button that orders it. */
export function CheckoutPage({ shop }: { shop: string }) {
  const { t } = useTranslation();
  const [refused, setRefused] = useState<readonly UserErrorFragment[]>([]);
  const lines = useCart().filter((line) => line.shop === shop);
  const sum = total(lines.map(({ seenPrice, quantity }) => ({ price: seenPrice, quantity })));
  if (sum === null) return <Redirect to={paths.cart} replace />;
  return (
    <div className="mx-auto max-w-2xl">
      <PageTitle>{t('checkout.title')}</PageTitle>
      <ReviewLines lines={lines} refused={refused} />
      <PlaceOrder shop={shop} lines={lines} total={sum} refused={refused} onRefused={setRefused} />
    </div>
  );
}
