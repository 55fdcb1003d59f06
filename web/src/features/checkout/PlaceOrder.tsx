import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation } from 'wouter';
import type { PriceFragment, UserErrorFragment } from '@/api/generated/graphql';
import { paths } from '@/app/paths';
import { cart, type CartLine } from '@/features/cart/cart';
import { DeliveryFields } from '@/features/delivery/DeliveryFields';
import { useDelivery } from '@/features/delivery/useDelivery';
import { SignInButton } from '@/features/session/SignInButton';
import { useSession } from '@/features/session/SessionContext';
import { Amount } from '@/shared/money/Amount';
import { type Asset, useTokens } from '@/shared/money/useTokens';
import { Button } from '@/shared/ui/Button';
import { Card } from '@/shared/ui/Card';
import { FaultNotice } from '@/shared/ui/FaultNotice';
import { Notice } from '@/shared/ui/Notice';
import { Skeleton } from '@/shared/ui/Skeleton';
import { PayWith } from './PayWith';
import { assetKey, usePlaceOrder } from './usePlaceOrder';

interface PlaceOrderProps {
  shop: string;
  lines: readonly CartLine[];
  total: PriceFragment;
  /** What stood in the way at the last try. */
  refused: readonly UserErrorFragment[];
  onRefused: (userErrors: readonly UserErrorFragment[]) => void;
}

/** Places the order: all lines, at the prices that were seen, or none. */
export function PlaceOrder({ shop, lines, total, refused, onRefused }: PlaceOrderProps) {
  const { t } = useTranslation();
  const { viewer } = useSession();
  const [, navigate] = useLocation();
  const { place, fault, placing } = usePlaceOrder(shop, onRefused);
  const choice = usePayWith(total, refused);
  const delivery = useDelivery(refused);
  const fields = useRef<HTMLFieldSetElement>(null);

  const order = async () => {
    const destination = delivery.take();
    if (destination === undefined) {
      // What is missing is marked with the next frame.
      requestAnimationFrame(() => fields.current?.querySelector<HTMLInputElement>('[aria-invalid]')?.focus());
      return;
    }
    const placed = await place(lines, choice.asset, destination);
    if (placed === null) return;
    navigate(paths.order(placed.order), { replace: true, state: { atLeast: placed.position } });
    cart.clear(shop);
  };

  return (
    <Card className="mt-4 space-y-4">
      <DeliveryFields form={delivery} ref={fields} />
      <p className="flex flex-wrap items-baseline justify-between gap-3">
        <span className="text-ink-soft">{t('cart.total')}</span>
        <strong className="text-2xl">
          <Amount price={total} />
        </strong>
      </p>
      {choice.options.length > 0 && <PayWith options={choice.options} value={choice.asset} onChange={choice.choose} />}
      {choice.impossible && <Notice tone="warn">{t('fault.RATE_UNAVAILABLE')}</Notice>}
      <p className="text-sm leading-relaxed text-ink-soft">{t('checkout.how')}</p>
      {fault !== null && <FaultNotice fault={fault} />}
      {viewer === undefined && <Skeleton className="h-11" />}
      {viewer === null && <SignInButton className="w-full">{t('checkout.signIn')}</SignInButton>}
      {viewer && (
        <Button
          className="w-full"
          busy={placing}
          disabled={placing || choice.waiting || choice.impossible}
          onClick={() => void order()}
        >
          {t('checkout.place')}
        </Button>
      )}
    </Card>
  );
}

/** The choice of what is paid with: for prices in fiat money alone. What refused the order knows best what is possible. */
function usePayWith({ fiat }: PriceFragment, refused: readonly UserErrorFragment[]) {
  const tokens = useTokens();
  const [chosen, choose] = useState<Asset>();
  const told = refused.find(({ payableWith }) => payableWith !== null)?.payableWith;
  const options = fiat === null ? [] : (told ?? tokens.payable(fiat));
  const asset = options.find((option) => chosen && assetKey(option) === assetKey(chosen)) ?? options[0] ?? null;
  const missing = fiat !== null && options.length === 0;
  return { options, asset, choose, waiting: missing && tokens.loading, impossible: missing && !tokens.loading };
}
