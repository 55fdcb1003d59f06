import { lazy } from 'react';
import { Route, Switch } from 'wouter';
import { NotFoundPage } from '@/app/NotFoundPage';
import { SignedIn } from '@/features/session/SignedIn';
import { MoneyPage } from './MoneyPage';
import { NewProductPage } from './products/NewProductPage';
import { ProductEditPage } from './products/ProductEditPage';
import { ProductsPage } from './products/ProductsPage';
import { ShopOrderPage } from './orders/ShopOrderPage';
import { ShopOrdersPage } from './orders/ShopOrdersPage';
import { SettingsPage } from './settings/SettingsPage';
import { OverviewPage } from './overview/OverviewPage';
import { OwnerFrame } from './OwnerFrame';
import { OwnerHome } from './OwnerHome';
import { OpenShopPage } from './OpenShopPage';
import { bringWords } from '@/i18n/i18n';

const ShopHistory = lazy(async () => {
  const [page] = await Promise.all([import('@/features/history/HistoryPages'), bringWords('history')]);
  return { default: page.ShopHistory };
});

/** Where owners work: one script of its own, which no customer fetches. */
export function OwnerPages() {
  return (
    <SignedIn>
      <Switch>
        <Route path="/owner">
          <OwnerHome />
        </Route>
        <Route path="/owner/open">
          <OpenShopPage />
        </Route>
        <Route path="/owner/:shop/*?">
          {({ shop }) => (
            <OwnerFrame key={shop} id={decodeURIComponent(shop)}>
              <ShopPages />
            </OwnerFrame>
          )}
        </Route>
      </Switch>
    </SignedIn>
  );
}

function ShopPages() {
  return (
    <Switch>
      <Route path="/owner/:shop">
        <OverviewPage />
      </Route>
      <Route path="/owner/:shop/orders">
        <ShopOrdersPage />
      </Route>
      <Route path="/owner/:shop/orders/:id">{({ id }) => <ShopOrderPage key={id} id={decodeURIComponent(id)} />}</Route>
      <Route path="/owner/:shop/products">
        <ProductsPage />
      </Route>
      <Route path="/owner/:shop/products/new">
        <NewProductPage />
      </Route>
      <Route path="/owner/:shop/products/:id">
        {({ id }) => <ProductEditPage key={id} id={decodeURIComponent(id)} />}
      </Route>
      <Route path="/owner/:shop/money">
        <MoneyPage />
      </Route>
      <Route path="/owner/:shop/history">{({ shop }) => <ShopHistory shop={decodeURIComponent(shop)} />}</Route>
      <Route path="/owner/:shop/settings">
        <SettingsPage />
      </Route>
      <Route>
        <NotFoundPage />
      </Route>
    </Switch>
  );
}
