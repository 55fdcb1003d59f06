import { useTranslation } from 'react-i18next';
import { Route, Switch } from 'wouter';
import { AccountBanner } from '@/features/session/AccountBanner';
import { CataloguePage } from '@/features/catalogue/CataloguePage';
import { Boundary } from './Boundary';
import { ConnectionBanner } from './ConnectionBanner';
import { Header } from './Header';
import { NotFoundPage } from './NotFoundPage';
import {
  BalancePage,
  CartPage,
  CheckoutPage,
  DisputesPage,
  HistoryPages,
  OrderPage,
  OrdersPage,
  OwnerPages,
  PersonalDataPage,
  ProductPage,
} from './pages';
import { useNewPage } from './useNewPage';

/** The frame around every page, and which page stands at which address. */
export function App() {
  const { t } = useTranslation();
  const main = useNewPage();
  return (
    <>
      <a
        href="#main"
        className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:rounded-lg focus:bg-accent focus:px-4 focus:py-2 focus:text-on-accent"
      >
        {t('common.skip')}
      </a>
      <Header />
      <ConnectionBanner />
      <main
        id="main"
        ref={main}
        tabIndex={-1}
        className="mx-auto min-h-dvh max-w-6xl px-4 pt-6 pb-16 outline-none sm:px-6 sm:pt-10"
      >
        <AccountBanner />
        <Boundary>
          <Switch>
            <Route path="/">
              <CataloguePage />
            </Route>
            <Route path="/products/:id">{({ id }) => <ProductPage key={id} id={decodeURIComponent(id)} />}</Route>
            <Route path="/cart">
              <CartPage />
            </Route>
            <Route path="/checkout/:shop">{({ shop }) => <CheckoutPage shop={decodeURIComponent(shop)} />}</Route>
            <Route path="/orders">
              <OrdersPage />
            </Route>
            <Route path="/orders/:id">{({ id }) => <OrderPage key={id} id={decodeURIComponent(id)} />}</Route>
            <Route path="/owner/*?">
              <OwnerPages />
            </Route>
            <Route path="/history/*?">
              <HistoryPages />
            </Route>
            <Route path="/disputes">
              <DisputesPage />
            </Route>
            <Route path="/balance">
              <BalancePage />
            </Route>
            <Route path="/personal-data">
              <PersonalDataPage />
            </Route>
            <Route>
              <NotFoundPage />
            </Route>
          </Switch>
        </Boundary>
      </main>
      <footer className="border-t border-line py-8 text-center text-sm text-ink-soft">
        <p className="mx-auto max-w-md px-6">{t('app.footer')}</p>
      </footer>
    </>
  );
}
