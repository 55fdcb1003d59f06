import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { launch } from './browser';
import { Owner } from './owner';
import { Visitor } from './visitor';

let browser: Browser;
let owner: Owner;
let me: Visitor;

beforeAll(async () => {
  [browser, owner] = await Promise.all([launch(), Owner.signIn()]);
});
afterAll(() => browser.close());
beforeEach(async () => {
  me = await Visitor.comes(browser);
});
afterEach(() => me.leaves());

test('the test chain’s wallets sign by themselves', async () => {
  await me.opens('/orders');
  await me.button('Sign in').click();
  await me.agrees('Customer 2');
  await me.button(/^Account/).waitFor();
  await me.page.getByRole('heading', { name: 'Orders', exact: true }).waitFor();
});

test('dark, Korean, and with a keyboard alone: nothing serious is found, and the focus is where it should be', async () => {
  const { page } = me;
  await owner.sells({ ko: '작은 다관', en: 'Small tea pot' }, { amount: '45000000000000000' }, 25);
  await page.addInitScript(() => {
    localStorage.setItem('gage.appearance', 'dark');
    localStorage.setItem('gage.language', 'ko');
  });
  await me.opens('/');
  await page.getByRole('article').first().waitFor();
  await me.isWellMade('products, dark');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('main');
  await me.button('로그인').focus();
  await page.keyboard.press('Enter');
  await page.getByRole('dialog', { name: '지갑으로 로그인' }).waitFor();
  await me.isWellMade('dialog, dark');
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('로그인');
  await me.link('작은 다관').click();
  await me.sees('재고');
  await me.isWellMade('product, dark');
});

test('the longest amount is shown whole on the smallest phone', async () => {
  const product = await owner.sells('Fine print', { amount: '1234567890123456789' }, 5);
  await me.opens('/');
  await me.sees('1.234567890123456789');
  const clipped = await me.page.evaluate(
    () =>
      [...document.querySelectorAll('article, article *')].filter(
        (part) => part.scrollWidth > part.clientWidth + 1 && part.clientWidth > 1,
      ).length,
  );
  expect(clipped).toBe(0);
  await me.putsIntoCart(product);
  await me.isWellMade('a long amount');
  await me.opensCart();
  await me.link('Check out').waitFor();
  await me.isWellMade('a long amount in the cart');
});

test('the language is switched and remembered', async () => {
  await me.opens('/');
  await me.button('한국어').click();
  await me.sees('재고');
  await me.page.reload();
  await me.page.getByRole('heading', { name: '상품' }).waitFor();
  expect(await me.page.evaluate(() => document.documentElement.lang)).toBe('ko');
});
