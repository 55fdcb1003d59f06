import type { UserErrorFragment } from '@/api/generated/graphql';
import type { CartLine } from '@/features/cart/cart';
import { LineProblem } from '@/features/cart/LineProblem';
import { asRefused } from '@/features/cart/problemOf';
import { useLiveProduct } from '@/features/catalogue/useLiveProduct';
import { Amount } from '@/shared/money/Amount';
import { Card } from '@/shared/ui/Card';
import { useLocalized } from '@/shared/useLocalized';

interface ReviewLinesProps {
  lines: readonly CartLine[];
  /** What stood in the way when they were ordered. */
  refused: readonly UserErrorFragment[];
}

/** The lines once more before they are ordered, with what has changed since they were put into the cart. */
export function ReviewLines({ lines, refused }: ReviewLinesProps) {
  return (
    <Card>
      <ul className="divide-y divide-line">
        {lines.map((line) => (
          <ReviewLine key={line.product} line={line} refusal={refused.find((one) => one.productId === line.product)} />
        ))}
      </ul>
    </Card>
  );
}

function ReviewLine({ line, refusal }: { line: CartLine; refusal: UserErrorFragment | undefined }) {
  const localized = useLocalized();
  const { product, fetching, error } = useLiveProduct(line.product);
  return (
    <li className="py-3 first:pt-0 last:pb-0">
      <div className="flex flex-wrap items-baseline justify-between gap-x-4">
        <span>
          {localized(product?.name ?? line.name)} <span className="text-ink-soft">× {line.quantity}</span>
        </span>
        <span className="font-semibold">
          <Amount price={line.seenPrice} times={line.quantity} />
        </span>
      </div>
      {!fetching && !error && <LineProblem line={line} product={product && asRefused(product, refusal)} />}
    </li>
  );
}
