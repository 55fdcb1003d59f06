import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { launch } from './browser';
import { chain } from './chain';
import { Owner } from './owner';
import { Visitor } from './visitor';
import { emit } from './wallet';

/** Something small, in wei. */
const CHEAP = { amount: '1000000000000000' };

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

test('what a shop gives back is taken out with the wallet', async () => {
  await me.putsIntoCart(await owner.sells('Scroll', { amount: '7000000000000000' }, 5));
  const order = await me.orders();
  await me.pays();
  await owner.rejects(order, 'Torn');
  await me.sees('The shop says: Torn');
  await me.sees('The shop has to give back');
  await me.isWellMade('a refund that is due');
  await owner.refunds(order);
  await chain.mine();
  await me.sees('Your money went back to you');
  await me.link('Balance').last().click();
  await me.isWellMade('balance');
  await me.button('Take it out').click();
  await me.sees('It is in your wallet');
});

test('who declines in the wallet is told that nothing happened, and can try again', async () => {
  await me.putsIntoCart(await owner.sells('Incense', CHEAP, 5));
  await me.orders();
  me.person.refuses = true;
  await me.button('Pay with the wallet').click();
  await me.sees('You declined in the wallet');
  me.person.refuses = false;
  await me.pays();
});

test('a wallet on another chain is asked to switch, and given the chain where it does not know it', async () => {
  await me.putsIntoCart(await owner.sells('Ladle', CHEAP, 5));
  me.person.chainId = '0x1';
  await me.orders();
  await me.pays();
  expect(me.person.added).toMatchObject([
    {
      chainId: '0x539',
      nativeCurrency: { symbol: 'ETH', decimals: 18 },
      rpcUrls: [expect.stringContaining('http://127.0.0.1')],
    },
  ]);
});

test('another account in the wallet is noticed, and whose page it is stays clear', async () => {
  await me.opens('/');
  await me.signsIn();
  await emit(me.page, 'accountsChanged', ['0x22d491bde2303f2f43325b2108d26f1eaba1e32b']);
  await me.sees('Your wallet shows 0x22d4…e32b, but 0xFFcf…09f0 is signed in.');
  await me.isWellMade('another account');
  await emit(me.page, 'accountsChanged', [me.person.account.address]);
  await me.page.getByText('Your wallet shows').waitFor({ state: 'detached' });
  await me.button(/^Account/).click();
  await me.page.getByRole('menuitem', { name: 'Sign out' }).click();
  await me.button('Sign in').waitFor();
});

test('a new price and the last pieces are told in the cart, with what to do', async () => {
  const product = await owner.sells('Whisk', { amount: '2000000000000000' }, 3);
  await me.putsIntoCart(product);
  await me.opensCart();
  await me.button('One Whisk more').click();
  await owner.counts(product, -2);
  await me.sees('Only 1 is left.');
  await me.button('Take 1').click();
  await owner.prices(product, '2500000000000000');
  await me.page.reload();
  await me.sees('The price has changed');
  await me.isWellMade('a changed price');
  await me.button('Accept price').click();
  await me.orders();
  await me.sees('0.0025 ETH');
});

test('a price that changes under the eyes of a customer is told when they order', async () => {
  const product = await owner.sells('Scoop', { amount: '2000000000000000' }, 3);
  await me.putsIntoCart(product);
  await me.opensCart();
  await me.link('Check out').click();
  await me.signsIn();
  await owner.prices(product, '2500000000000000');
  await me.placesTheOrder();
  await me.sees('A price has just changed');
  await me.button('Accept price').click();
  await me.placesTheOrder();
  await me.page.getByRole('timer').waitFor();
});

test('an unpaid order is cancelled, and can be put into the cart again', async () => {
  await me.putsIntoCart(await owner.sells('Tray', CHEAP, 5));
  await me.orders();
  await me.button('Cancel the order').click();
  await me.agrees('Yes, cancel it');
  await me.sees('You cancelled this order');
  await me.button('Order again').click();
  await me.sees('Tray');
});

test('a dispute is opened with the wallet and shows by itself', async () => {
  await me.putsIntoCart(await owner.sells('Lamp', CHEAP, 5));
  await me.orders();
  await me.pays();
  await me.button('Open a dispute').click();
  await me.agrees('Open the dispute with the wallet');
  await me.sees('The dispute is open.');
  await me.button('Close').click();
  await chain.mine();
  await me.sees('In dispute');
});
