import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Hex } from 'viem';
import { contractAccount, tokenCall } from './account';
import { launch, setting } from './browser';
import { chain } from './chain';
import { Owner } from './owner';
import { PEOPLE } from './people';
import { DESK, Visitor } from './visitor';
import { personAt } from './wallet';

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

test('a customer buys, follows the payment, and gets what was ordered', async () => {
  await me.opens('/');
  await me.page.getByRole('article').first().waitFor();
  await me.isWellMade('products');
  await me.page.getByRole('searchbox').fill('녹차');
  await me.link('Green tea, 100 g').click();
  await me.sees('in stock');
  await me.isWellMade('product');
  await me.button('Add to cart').click();
  await me.page.reload();
  await me.sees('1 is in your cart');
  await me.link('Cart').last().click();
  await me.isWellMade('cart');

  const order = await me.orders();
  expect(me.confirmed()).toEqual(['personal_sign']);
  await me.sees('Network fee: about');
  await me.isWellMade('payment');
  await me.pays();
  await me.isWellMade('paid');

  // Nobody reloads: all of this comes by itself.
  await owner.approves(order);
  await me.sees('The shop has accepted the order');
  await owner.ships(order);
  await me.sees('CJ 1234-5678');
  await me.button('I have it').click();
  await me.agrees('Confirm the delivery');
  await me.sees('Delivery confirmed');
  await me.button('Release the payment').click();
  await me.isWellMade('dialog');
  await me.agrees('Release with the wallet');
  await me.sees("The money is the shop's now");
  await me.button('Close').click();
  await chain.mine();
  await me.sees('All done. Thank you!');

  await me.button(/^Account/).click();
  await me.page.getByRole('menuitem', { name: 'Orders' }).click();
  await me.page.getByRole('article').first().waitFor();
  await me.isWellMade('orders');
});

test('a token is paid in two steps: allowed first, exactly as much as is needed, then paid', async () => {
  await me.putsIntoCart(await owner.sells('Cabinet', { amount: '1234567', token: setting('GAGE_TEST_TOKEN') }, 5));
  await me.orders();
  await me.sees('1.234567 USDT');
  await me.sees('Network fee: about');
  await me.button(/^1\. Allow the escrow to take 1\.234567.USDT/).click();
  await me.pays();
  expect(me.confirmed()).toEqual(['personal_sign', 'eth_sendTransaction', 'eth_sendTransaction']);
});

test('a token with permits is paid with a signature and one transaction', async () => {
  await me.putsIntoCart(await owner.sells('Chest', { amount: '2500000', token: setting('GAGE_TEST_PERMIT_TOKEN') }, 5));
  await me.orders();
  await me.sees('First you sign an allowance of exactly this amount');
  await me.isWellMade('a permit');
  await me.pays();
  expect(me.confirmed()).toEqual(['personal_sign', 'eth_signTypedData_v4', 'eth_sendTransaction']);
});

test('an older allowance is taken back first where a token wants it so', async () => {
  const token = setting('GAGE_TEST_ZERO_FIRST_TOKEN') as Hex;
  await me.person.account.send(tokenCall.approve(token, await owner.escrow(), 1n));
  await me.putsIntoCart(await owner.sells('Scale', { amount: '1000000', token }, 5));
  await me.orders();
  await me.button('1. Take the older allowance back').click();
  await me.button(/^1\. Allow the escrow to take/).click();
  await me.pays();
});

test('a wallet that sends calls as one is asked once', async () => {
  await me.leaves();
  const token = setting('GAGE_TEST_PERMIT_TOKEN') as Hex;
  const account = await contractAccount(personAt(PEOPLE.customer), setting('CHAIN_RPC_URL'));
  await account.send(tokenCall.mint(token, account.address, 5_000_000n));
  me = await Visitor.comes(browser, { as: account, viewport: DESK });
  await me.putsIntoCart(await owner.sells('Loom', { amount: '5000000', token }, 5));
  await me.orders();
  await me.sees('Your wallet sends the allowance and the payment as one');
  await me.pays();
  expect(me.confirmed()).toEqual(['personal_sign', 'wallet_sendCalls']);
});

test('a contract wallet, whose signature is no permit, allows with a transaction', async () => {
  await me.leaves();
  const token = setting('GAGE_TEST_PERMIT_TOKEN') as Hex;
  const { sendTogether: _, ...account } = await contractAccount(personAt(PEOPLE.customer), setting('CHAIN_RPC_URL'));
  await account.send(tokenCall.mint(token, account.address, 5_000_000n));
  me = await Visitor.comes(browser, { as: account });
  await me.putsIntoCart(await owner.sells('Wheel', { amount: '5000000', token }, 5));
  await me.orders();
  await me.button('Pay with the wallet').click();
  await me.sees('This wallet’s signature does not allow the payment');
  await me.button(/^1\. Allow the escrow to take/).click();
  await me.pays();
});

test('a price in won is paid in what the customer chooses, at a rate that is shown', async () => {
  await me.putsIntoCart(await owner.sells('Celadon', { fiat: 'KRW', amount: '42000' }, 5));
  await me.sees('₩42,000');
  await me.opensCart();
  await me.link('Check out').click();
  await me.signsIn();
  await me.isWellMade('what to pay with');
  await me.page.getByRole('radio', { name: /^USDT/ }).check();
  await me.placesTheOrder();
  // 42,000 won at 1,400 won for one.
  await me.sees(/^30.USDT$/);
  await me.sees('For ₩42,000, at ₩1,400 a USDT');
  await me.sees('Rate of the shop’s operator');
  await me.isWellMade('a rate');
  await me.button(/^1\. Allow the escrow to take 30.USDT/).click();
  await me.pays();
  await me.sees('For ₩42,000, at ₩1,400 a USDT');
});

test('a request to pay is shown for wallets on other devices', async () => {
  await me.putsIntoCart(await owner.sells('Spoon', { amount: '1000000000000000' }, 5));
  await me.orders();
  await me.page.getByText('Pay with a wallet on another device').click();
  await me.page.getByRole('img', { name: 'Payment code of this order' }).waitFor();
  expect(await me.link('Open in a wallet').getAttribute('href')).toMatch(
    /^ethereum:0x[0-9a-fA-F]{40}@1337\/payOrder\?/,
  );
  await me.isWellMade('a payment code');
});

test('stock is live on the product page', async () => {
  const product = await owner.sells('Kettle', { amount: '1000000000000000' }, 2);
  await me.opens(`/products/${encodeURIComponent(product)}`);
  await me.sees('Only 2 left');
  await owner.counts(product, -2);
  await me.sees('This is sold out');
});
