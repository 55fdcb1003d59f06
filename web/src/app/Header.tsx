import { ShoppingBag } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { useCart } from '@/features/cart/useCart';
import { AccountMenu } from '@/features/session/AccountMenu';
import { Button } from '@/shared/ui/Button';
import { AppearanceButton } from './AppearanceButton';
import { LanguageButton } from './LanguageButton';
import { Mark } from './Mark';
import { paths } from './paths';

export function Header() {
  const { t } = useTranslation();
  return (
    <header className="sticky top-0 z-30 border-b border-line bg-ground/90 backdrop-blur">
      <nav
        aria-label={t('app.navigation')}
        className="mx-auto flex h-16 max-w-6xl items-center gap-1 px-3 sm:gap-2 sm:px-6"
      >
        <Link
          href={paths.catalogue}
          className="mr-auto flex items-center gap-2.5 rounded-lg px-1 text-lg sm:-ml-1 font-bold tracking-tight"
        >
          <Mark className="size-8" />
          <span className="whitespace-nowrap max-[359px]:sr-only">Gage</span>
        </Link>
        <Button asChild look="quiet" size="small" className="min-h-11 max-sm:hidden">
          <Link href={paths.orders}>{t('orders.title')}</Link>
        </Button>
        <LanguageButton />
        <AppearanceButton />
        <CartLink />
        <AccountMenu />
      </nav>
    </header>
  );
}

function CartLink() {
  const { t } = useTranslation();
  const count = useCart().length;
  return (
    <Button asChild look="quiet" size="icon" className="relative">
      <Link href={paths.cart}>
        <ShoppingBag aria-hidden className="size-5" />
        <span className="sr-only">{t('cart.link', { count })}</span>
        {count > 0 && (
          <span
            aria-hidden
            className="absolute top-1 right-0.5 grid min-w-4.5 place-items-center rounded-full bg-accent px-1 text-[0.7rem] leading-4.5 font-bold text-on-accent"
          >
            {count}
          </span>
        )}
      </Link>
    </Button>
  );
}
