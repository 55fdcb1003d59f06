import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMutation } from 'urql';
import { useLocation } from 'wouter';
import { answered, ApiFault } from '@/api/errors';
import { PlaceOrderDocument, type PriceFragment, type UserErrorFragment } from '@/api/generated/graphql';
import { newIdempotencyKey } from '@/api/idempotency';
import { paths } from '@/app/paths';
import { cart, type CartLine } from '@/features/cart/cart';
import { SignInButton } from '@/features/session/SignInButton';
import { useSession } from '@/features/session/SessionContext';
import { Amount } from '@/shared/money/Amount';
import { Button } from '@/shared/ui/Button';
import { Card } from '@/shared/ui/Card';
import { FaultNotice } from '@/shared/ui/FaultNotice';
import { Skeleton } from '@/shared/ui/Skeleton';

interface PlaceOrderProps {
  shop: string;
  lines: readonly CartLine[];
  total: PriceFragment;
  /** Told what stood in the way, line by line. */
  onRefused: (userErrors: readonly UserErrorFragment[]) => void;
}

/** Places the order: all lines, at the prices that were seen, or none. */
export function PlaceOrder({ shop, lines, total, onRefused }: PlaceOrderProps) {
  const { t } = useTranslation();
  const { viewer } = useSession();
  const [, navigate] = useLocation();
  const [{ fetching }, placeOrder] = useMutation(PlaceOrderDocument);
  const [fault, setFault] = useState<unknown>(null);
  const [attempt, setAttempt] = useState<{ of: readonly CartLine[]; key: string }>();

  const place = async () => {
    setFault(null);
    onRefused([]);
    // The same cart is one order, however often an answer is lost on its way.
    const key = JSON.stringify(attempt?.of) === JSON.stringify(lines) ? attempt?.key : undefined;
    const idempotencyKey = key ?? newIdempotencyKey();
    setAttempt({ of: lines, key: idempotencyKey });
    const wanted = lines.map(({ product, quantity, seenPrice: { token, amount } }) => ({
      product,
      quantity,
      expectedPrice: { token, amount },
    }));
    try {
      const { data, error } = await placeOrder({ input: { idempotencyKey, shop, lines: wanted } });
      const { orderId, position } = answered(data?.placeOrder, error);
      if (orderId) navigate(paths.order(orderId), { replace: true, state: { atLeast: position } });
      cart.clear(shop);
    } catch (error) {
      // What was refused was not done, so the next try is a new order. Without an answer nobody knows: the key stays.
      if (!(error instanceof ApiFault && error.fault === 'NETWORK')) setAttempt(undefined);
      setFault(error);
      if (error instanceof ApiFault) onRefused(error.userErrors);
    }
  };

  return (
    <Card className="mt-4 space-y-4">
      <p className="flex flex-wrap items-baseline justify-between gap-3">
        <span className="text-ink-soft">{t('cart.total')}</span>
        <strong className="text-2xl">
          <Amount price={total} />
        </strong>
      </p>
      <p className="text-sm leading-relaxed text-ink-soft">{t('checkout.how')}</p>
      {fault !== null && <FaultNotice fault={fault} />}
      {viewer === undefined && <Skeleton className="h-11" />}
      {viewer === null && <SignInButton className="w-full">{t('checkout.signIn')}</SignInButton>}
      {viewer && (
        <Button className="w-full" busy={fetching} onClick={() => void place()}>
          {t('checkout.place')}
        </Button>
      )}
    </Card>
  );
}
