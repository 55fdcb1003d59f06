import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { launch, setting } from './browser';
import { Owner } from './owner';
import { emit, installWallet, mine, type Person } from './wallet';

const CUSTOMER = 1;
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let browser: Browser;
let owner: Owner;
let context: BrowserContext;
let page: Page;
let customer: Person;
/** What the browser complained of: scripts that failed, and what the Content-Security-Policy held back. */
let complaints: string[];

beforeAll(async () => {
  [browser, owner] = await Promise.all([launch(), Owner.signIn()]);
});
afterAll(() => browser.close());

beforeEach(async () => {
  context = await browser.newContext({ locale: 'en-US', viewport: { width: 360, height: 780 } });
  customer = await installWallet(context, CUSTOMER, setting('CHAIN_RPC_URL'));
  page = await context.newPage();
  complaints = [];
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
});
afterEach(async () => {
  await context.close();
  expect(complaints).toEqual([]);
});

const button = (name: string | RegExp) => page.getByRole('button', { name, exact: typeof name === 'string' });
const link = (name: string | RegExp) => page.getByRole('link', { name });
const says = (text: string | RegExp) => page.getByText(text).first().waitFor();

/** Nothing serious may be found, and nothing may stand out to the side. */
async function isWellMade(where: string): Promise<void> {
  await page.evaluate(AXE);
  const found = await page.evaluate(() =>
    (globalThis as unknown as { axe: { run: () => Promise<AxeResults> } }).axe.run(),
  );
  const serious = found.violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  expect(serious.map(({ id, nodes }) => [where, id, nodes[0]?.html])).toEqual([]);
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect(wider).toBeLessThanOrEqual(0);
}

async function putsIntoCart(product: string): Promise<void> {
  await page.goto(`${setting('GAGE_URL')}/products/${encodeURIComponent(product)}`);
  await button('Add to cart').click();
  await says('1 is in your cart');
}

async function signsIn(): Promise<void> {
  await button(/^Sign in/)
    .first()
    .click();
  await page.getByRole('dialog').getByRole('button', { name: 'Browser Wallet' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
}

/** From the cart to an order that waits for its payment; its id. */
async function orders(): Promise<string> {
  await page.getByRole('navigation').getByRole('link', { name: /^Cart/ }).click();
  await link('Check out').click();
  await signsIn();
  await button('Place the order').click();
  await page.getByRole('timer').waitFor();
  return decodeURIComponent(new URL(page.url()).pathname.split('/').at(-1) ?? '');
}

/** Pays, and follows the payment until it counts. */
async function pays(): Promise<void> {
  await button('Pay with the wallet').click();
  await says('1 of 2 confirmations');
  await mine(setting('CHAIN_RPC_URL'));
  await says('Your money is in the escrow');
}

test('a customer buys, follows the payment, and gets what was ordered', async () => {
  await page.goto(setting('GAGE_URL'));
  await page.getByRole('article').first().waitFor();
  await isWellMade('products');
  await page.getByRole('searchbox').fill('녹차');
  await link('Green tea, 100 g').click();
  await says('in stock');
  await isWellMade('product');
  await button('Add to cart').click();
  await page.reload();
  await says('1 is in your cart');
  await link('Cart').last().click();
  await isWellMade('cart');

  const order = await orders();
  const [signed] = customer.confirmed;
  expect(signed?.method).toBe('personal_sign');
  await says('Network fee: about');
  await isWellMade('payment');
  await pays();
  await isWellMade('paid');

  // Nobody reloads: all of this comes by itself.
  await owner.approves(order);
  await says('The shop has accepted the order');
  await owner.ships(order);
  await says('CJ 1234-5678');
  await button('I have it').click();
  await page.getByRole('dialog').getByRole('button', { name: 'Confirm the delivery' }).click();
  await says('Delivery confirmed');
  await button('Release the payment').click();
  await isWellMade('dialog');
  await page.getByRole('dialog').getByRole('button', { name: 'Release with the wallet' }).click();
  await says('The money is the shop’s now'.replace('’', "'"));
  await page.getByRole('button', { name: 'Close' }).click();
  await mine(setting('CHAIN_RPC_URL'));
  await says('All done. Thank you!');

  await page.getByRole('button', { name: /^Account/ }).click();
  await page.getByRole('menuitem', { name: 'Orders' }).click();
  await page.getByRole('article').first().waitFor();
  await isWellMade('orders');
});

test('a token is paid in two steps: allowed first, exactly as much as is needed, then paid', async () => {
  const token = setting('GAGE_TEST_TOKEN');
  await putsIntoCart(await owner.sells('Cabinet', '1234567', 5, token));
  await orders();
  await says('1.234567 USDT');
  await says('Network fee: about');
  await button(/^1\. Allow the escrow to take 1\.234567.USDT/).click();
  await pays();
  expect(customer.confirmed.map(({ method }) => method)).toEqual([
    'personal_sign',
    'eth_sendTransaction',
    'eth_sendTransaction',
  ]);
});

test('what a shop gives back is taken out with the wallet', async () => {
  await putsIntoCart(await owner.sells('Scroll', '7000000000000000', 5));
  const order = await orders();
  await pays();
  await owner.rejects(order, 'Torn');
  await says('The shop says: Torn');
  await says('The shop has to give back');
  await owner.refunds(order);
  await mine(setting('CHAIN_RPC_URL'));
  await says('Your money went back to you');
  await link('Balance').last().click();
  await button('Take it out').click();
  await says('It is in your wallet');
});

test('who declines in the wallet is told that nothing happened, and can try again', async () => {
  await putsIntoCart(await owner.sells('Incense', '1000000000000000', 5));
  await orders();
  customer.refuses = true;
  await button('Pay with the wallet').click();
  await says('You declined in the wallet');
  customer.refuses = false;
  await pays();
});

test('a wallet on another chain is asked to switch, and given the chain where it does not know it', async () => {
  await putsIntoCart(await owner.sells('Ladle', '1000000000000000', 5));
  customer.chainId = '0x1';
  await orders();
  await pays();
  expect(customer.added).toMatchObject([{ chainId: '0x539', rpcUrls: [expect.stringContaining('http://127.0.0.1')] }]);
});

test('another account in the wallet is noticed, and whose page it is stays clear', async () => {
  await page.goto(setting('GAGE_URL'));
  await signsIn();
  await emit(page, 'accountsChanged', ['0x22d491bde2303f2f43325b2108d26f1eaba1e32b']);
  await says('Your wallet shows 0x22d4…e32b, but 0xFFcf…09f0 is signed in.');
  await isWellMade('another account');
  await emit(page, 'accountsChanged', [customer.account.address]);
  await page.getByText('Your wallet shows').waitFor({ state: 'detached' });
  await button(/^Account/).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await button('Sign in').waitFor();
});

test('the test chain’s wallets sign by themselves', async () => {
  await page.goto(`${setting('GAGE_URL')}/orders`);
  await button('Sign in').click();
  await page.getByRole('dialog').getByRole('button', { name: 'Customer 2' }).click();
  await says('No orders here');
});

test('dark, Korean, and with a keyboard alone: nothing serious is found, and the focus is where it should be', async () => {
  await page.addInitScript(() => {
    localStorage.setItem('gage.appearance', 'dark');
    localStorage.setItem('gage.language', 'ko');
  });
  await page.goto(setting('GAGE_URL'));
  await page.getByRole('article').first().waitFor();
  await isWellMade('products, dark');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('main');
  await button('로그인').focus();
  await page.keyboard.press('Enter');
  await page.getByRole('dialog', { name: '지갑으로 로그인' }).waitFor();
  await isWellMade('dialog, dark');
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('로그인');
  await link('다관').click();
  await says('재고');
  await isWellMade('product, dark');
});

test('a new price and the last pieces are told in the cart, with what to do', async () => {
  const product = await owner.sells('Whisk', '2000000000000000', 3);
  await putsIntoCart(product);
  await page.getByRole('navigation').getByRole('link', { name: /^Cart/ }).click();
  await button('One Whisk more').click();
  await owner.counts(product, -2);
  await says('Only 1 is left.');
  await button('Take 1').click();
  await owner.prices(product, '2500000000000000');
  await page.reload();
  await says('The price has changed');
  await button('Accept price').click();
  await orders();
  await says('0.0025 ETH');
});

test('a price that changes under the eyes of a customer is told when they order', async () => {
  const product = await owner.sells('Scoop', '2000000000000000', 3);
  await putsIntoCart(product);
  await page.getByRole('navigation').getByRole('link', { name: /^Cart/ }).click();
  await link('Check out').click();
  await signsIn();
  await owner.prices(product, '2500000000000000');
  await button('Place the order').click();
  await says('A price has just changed');
  await button('Accept price').click();
  await button('Place the order').click();
  await page.getByRole('timer').waitFor();
});

test('an unpaid order is cancelled, and can be put into the cart again', async () => {
  await putsIntoCart(await owner.sells('Tray', '1000000000000000', 5));
  await orders();
  await button('Cancel the order').click();
  await page.getByRole('dialog').getByRole('button', { name: 'Yes, cancel it' }).click();
  await says('You cancelled this order');
  await button('Order again').click();
  await says('Tray');
});

test('a dispute is opened with the wallet and shows by itself', async () => {
  await putsIntoCart(await owner.sells('Lamp', '1000000000000000', 5));
  await orders();
  await pays();
  await button('Open a dispute').click();
  await page.getByRole('dialog').getByRole('button', { name: 'Open the dispute with the wallet' }).click();
  await says('The dispute is open.');
  await page.getByRole('button', { name: 'Close' }).click();
  await mine(setting('CHAIN_RPC_URL'));
  await says('In dispute');
});

test('the longest amount is shown whole on the smallest phone', async () => {
  const product = await owner.sells('Fine print', '1234567890123456789', 5);
  await page.goto(setting('GAGE_URL'));
  await says('1.234567890123456789');
  const clipped = await page.evaluate(
    () =>
      [...document.querySelectorAll('article, article *')].filter(
        (part) => part.scrollWidth > part.clientWidth + 1 && part.clientWidth > 1,
      ).length,
  );
  expect(clipped).toBe(0);
  await putsIntoCart(product);
  await isWellMade('a long amount');
  await page.getByRole('navigation').getByRole('link', { name: /^Cart/ }).click();
  await link('Check out').waitFor();
  await isWellMade('a long amount in the cart');
});

test('stock is live on the product page', async () => {
  const product = await owner.sells('Kettle', '1000000000000000', 2);
  await page.goto(`${setting('GAGE_URL')}/products/${encodeURIComponent(product)}`);
  await says('Only 2 left');
  await owner.counts(product, -2);
  await says('This is sold out');
});

test('the language is switched and remembered', async () => {
  await page.goto(setting('GAGE_URL'));
  await button('한국어').click();
  await says('재고');
  await page.reload();
  await page.getByRole('heading', { name: '상품' }).waitFor();
  expect(await page.evaluate(() => document.documentElement.lang)).toBe('ko');
});
