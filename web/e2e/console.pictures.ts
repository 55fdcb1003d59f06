import { mkdirSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, test } from 'vitest';
import { launch } from './browser';
import { Customer } from './customer';
import { Shopkeeper } from './shopkeeper';
import { stillLife } from './still';
import { LOOKS } from './visitor';

/** Where pictures of the owner's pages are put, to be looked at by people. */
const FOLDER = process.env['GAGE_PICTURES'];

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

test.runIf(FOLDER)('pictures of the owner’s way', { timeout: 300_000 }, async () => {
  mkdirSync(FOLDER ?? '', { recursive: true });
  const keeper = await Shopkeeper.opens(browser, 8, 'Moon jar');
  const { me } = keeper;
  const shop = new URL(me.page.url()).pathname;
  const products: string[] = [];
  for (const [name, price, colour] of [
    ['White vase', '0.0125', '#3f6f60'],
    ['Tea bowl', '0.004', '#8a6a45'],
  ] as const) {
    products.push(await keeper.sells(name, price, 6));
    const buffer = await stillLife(me.page, colour, name === 'Tea bowl' ? 'bowl' : 'bottle');
    await me.page.getByLabel('Choose a picture').setInputFiles({ name: 'a.png', mimeType: 'image/png', buffer });
    await me.button('Remove it').waitFor();
  }
  await keeper.field('Low from').fill('5');
  await me.button('Set the mark').click();
  const customer = await Customer.signIn();
  for (const [product, quantity] of [
    [products[0], 2],
    [products[1], 1],
    [products[0], 1],
  ] as const) {
    await customer.pays(await customer.orders(keeper.shop(), keeper.productOf(product ?? ''), quantity));
  }
  const product = `${shop}/products/${products[0]?.split('/').at(-1) ?? ''}`;
  const pages = {
    overview: shop,
    orders: `${shop}/orders`,
    products: `${shop}/products`,
    product,
    new: `${shop}/products/new`,
    money: `${shop}/money`,
    settings: `${shop}/settings`,
    open: '/owner/open',
  };
  for (const look of LOOKS) {
    await me.page.evaluate(({ language, appearance }) => {
      localStorage.setItem('gage.language', language);
      localStorage.setItem('gage.appearance', appearance);
    }, look);
    await me.page.setViewportSize(look.viewport);
    const shoot = (name: string) =>
      me.page.screenshot({ path: `${FOLDER ?? ''}/owner-${look.name}-${name}.png`, fullPage: true });
    for (const [name, path] of Object.entries(pages)) {
      await me.opens(path);
      await me.page.locator('main h1').waitFor();
      await me.page.waitForTimeout(1_200);
      await shoot(name);
    }
    await me.opens(pages.orders);
    await me.page.locator('article a').first().click();
    await me.page.locator('#timeline').waitFor();
    await me.page.waitForTimeout(600);
    await shoot('order');
    await me.page
      .locator('main button')
      .filter({ hasText: /Reject|거절/ })
      .click();
    await me.page.getByRole('dialog').waitFor();
    await shoot('reject');
  }
  await me.context.close();
});
