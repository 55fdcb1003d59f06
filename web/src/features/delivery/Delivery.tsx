import { lazy, Suspense } from 'react';
import type { DeliveryFragment } from '@/api/generated/graphql';
import { bringWords } from '@/i18n/i18n';
import { Skeleton } from '@/shared/ui/Skeleton';

/** Comes with its words, for orders that go somewhere. */
const DeliveryFacts = lazy(async () => {
  const [facts] = await Promise.all([import('./DeliveryFacts'), bringWords('delivery')]);
  return { default: facts.DeliveryFacts };
});

/** Where an order goes; nothing when there is nothing to deliver. */
export function Delivery({ delivery }: { delivery: DeliveryFragment | null }) {
  if (delivery === null) return null;
  return (
    <Suspense fallback={<Skeleton className="h-32 rounded-2xl" />}>
      <DeliveryFacts delivery={delivery} />
    </Suspense>
  );
}
