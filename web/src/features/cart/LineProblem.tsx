import { Trans, useTranslation } from 'react-i18next';
import type { ProductCardFragment } from '@/api/generated/graphql';
import { Amount } from '@/shared/money/Amount';
import { Button } from '@/shared/ui/Button';
import { Notice } from '@/shared/ui/Notice';
import { cart, type CartLine } from './cart';
import { problemOf } from './problemOf';

/** What is in the way of ordering a line, where it stands, with the one thing to do about it. */
export function LineProblem({ line, product }: { line: CartLine; product: ProductCardFragment | null }) {
  const { t } = useTranslation();
  const problem = problemOf(line, product);
  if (problem === null) return null;
  const remedy = (words: string, mend: () => void) => (
    <Button look="secondary" size="small" onClick={mend}>
      {words}
    </Button>
  );
  const remove = remedy(t('cart.removeLine'), () => cart.setQuantity(line.product, 0));
  switch (problem.kind) {
    case 'gone':
      return <Told action={remove}>{t('cart.problem.gone')}</Told>;
    case 'soldOut':
      return <Told action={remove}>{t('cart.problem.soldOut')}</Told>;
    case 'tooMany': {
      const { available } = problem;
      const take = remedy(t('cart.takeRest', { count: available }), () => cart.setQuantity(line.product, available));
      return <Told action={take}>{t('cart.problem.tooMany', { count: available })}</Told>;
    }
    case 'priceChanged': {
      const { price } = problem;
      const accept = remedy(t('cart.acceptPrice'), () => cart.acceptPrice(line.product, price));
      return (
        <Told action={accept}>
          <Trans i18nKey="cart.problem.priceChanged" components={{ price: <Amount price={price} /> }} />
        </Told>
      );
    }
  }
}

function Told({ children, action }: { children: React.ReactNode; action: React.ReactNode }) {
  return (
    <Notice tone="warn" className="mt-3" action={action}>
      {children}
    </Notice>
  );
}
