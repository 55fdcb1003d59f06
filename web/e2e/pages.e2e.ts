import { mkdirSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launch } from './browser';
import { Customer } from './customer';
import { Owner } from './owner';
import { PEOPLE } from './people';
import { LOOKS, Visitor } from './visitor';

/** Where pictures of every page are put, to be looked at by people. */
const FOLDER = process.env['GAGE_PICTURES'];

let browser: Browser;
/** What every page is called and where it is, for customers who are signed in and for others. */
let pages: { anyone: [name: string, path: string][]; customer: [name: string, path: string][] };
let products: string[];

beforeAll(async () => {
  browser = await launch();
  const [owner, customer] = [await Owner.signIn(), await Customer.signIn()];
  const shop = await owner.shop();
  const coin = await owner.sells('Moon jar', { amount: '85000000000000000' }, 19);
  const won = await owner.sells('Brush and ink stone', { fiat: 'KRW', amount: '42000' }, 40);
  const gone = await owner.sells('Folding screen', { amount: '310000000000000000' }, 0);
  products = [coin, won];
  const order = async (more: object = {}) => customer.orders(shop, Object.keys(more).length ? won : coin, 1, more);
  const paid = async () => {
    const id = await order();
    await customer.pays(id);
    return id;
  };
  const [toPay, inWon, atShop, sent, over, disputed, cancelled, back, confirming] = [
    await order(),
    await order({ payWith: {} }),
    await paid(),
    await paid(),
    await paid(),
    await paid(),
    await order(),
    await paid(),
    await order(),
  ];
  for (const id of [sent, over]) {
    await owner.approves(id);
    await owner.ships(id);
  }
  await customer.confirms(over);
  await customer.disputes(disputed);
  await customer.cancels(cancelled);
  await owner.rejects(back, '깨진 상품이라 보낼 수 없습니다.');
  await owner.refunds(back);
  await customer.sendsPayment(confirming);

  const product = (id: string) => `/products/${encodeURIComponent(id)}`;
  const page = (id: string) => `/orders/${encodeURIComponent(id)}`;
  pages = {
    anyone: [
      ['grid', '/'],
      ['nothing-found', '/?q=zzzzzz'],
      ['product', product(coin)],
      ['product-in-won', product(won)],
      ['product-sold-out', product(gone)],
      ['product-unknown', product('nothing')],
      ['cart-empty', '/cart'],
      ['orders-signed-out', '/orders'],
      ['not-found', '/nowhere'],
    ],
    customer: [
      ['orders', '/orders'],
      ['order-to-pay', page(toPay)],
      ['order-in-won', page(inWon)],
      ['order-confirming', page(confirming)],
      ['order-paid', page(atShop)],
      ['order-shipped', page(sent)],
      ['order-delivered', page(over)],
      ['order-disputed', page(disputed)],
      ['order-cancelled', page(cancelled)],
      ['order-given-back', page(back)],
      ['order-unknown', page('nothing')],
      ['balance', '/balance'],
      ['disputes-none', '/disputes'],
    ],
  };
  if (FOLDER !== undefined) mkdirSync(FOLDER, { recursive: true });
}, 120_000);
afterAll(() => browser.close());

test.each(LOOKS)('every page is well made: $name', { timeout: 240_000 }, async ({ name: look, ...options }) => {
  const me = await Visitor.comes(browser, { ...options, as: PEOPLE.customer });
  let count = 0;
  const isWellMade = async (name: string) => {
    await me.page.waitForFunction(() => document.querySelector('main :is(h1, h2, article)') !== null);
    await me.page.waitForFunction(() => document.querySelector('.animate-pulse') === null);
    await me.isWellMade(`${look} ${name}`);
    // Nothing here went wrong.
    expect([name, await me.page.getByRole('alert').allTextContents()]).toEqual([name, []]);
    count += 1;
    const file = `${look}-${count.toString().padStart(2, '0')}-${name}.png`;
    if (FOLDER !== undefined) await me.page.screenshot({ path: `${FOLDER}/${file}`, fullPage: true });
  };

  for (const [name, path] of pages.anyone) {
    await me.opens(path);
    await isWellMade(name);
  }
  for (const product of products) {
    await me.opens(`/products/${encodeURIComponent(product)}`);
    await me.page.locator('main button.grow').click();
  }
  await me.opens('/cart');
  await isWellMade('cart');
  await me.page.locator('main a[href^="/checkout"]').first().waitFor({ state: 'detached' });
  await me.page.locator('main li').first().locator('button').last().click();
  await me.opens('/cart');
  await me.page.locator('main a[href^="/checkout"]').click();
  await isWellMade('checkout');
  await me.page.locator('header button').last().click();
  await me.page.getByRole('dialog').waitFor();
  await isWellMade('sign-in');
  await me.page.getByRole('dialog').getByText('Browser Wallet').click();
  await me.page.getByRole('dialog').waitFor({ state: 'detached' });
  for (const [name, path] of pages.customer) {
    await me.opens(path);
    await isWellMade(name);
  }
  await me.page.locator('header button[aria-haspopup=menu]').click();
  await me.page.getByRole('menu').waitFor();
  await isWellMade('menu');
  await me.leaves();
});
