import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { plainAccount } from './account';
import { launch, setting } from './browser';
import { chain } from './chain';
import { Owner } from './owner';
import { PEOPLE } from './people';
import { Replica } from './replica';
import { Visitor } from './visitor';
import { personAt } from './wallet';

/** Something small, in wei. */
const CHEAP = { amount: '1000000000000000' };

let browser: Browser;
let owner: Owner;
let me: Visitor | null = null;
let replica: Replica | null = null;

beforeAll(async () => {
  [browser, owner] = await Promise.all([launch(), Owner.signIn()]);
});
afterAll(() => browser.close());
afterEach(async () => {
  const [visitor, server] = [me, replica];
  [me, replica] = [null, null];
  try {
    await visitor?.leaves();
  } finally {
    await server?.stop();
  }
});

test('a page that is open goes on by itself after the server was away', async () => {
  replica = await Replica.starts();
  me = await Visitor.comes(browser, { origin: replica.origin });
  await me.putsIntoCart(await owner.sells('Anchor', CHEAP, 5));
  const order = await me.orders();
  await me.pays();

  await replica.stop();
  await me.sees('The shop cannot be reached');
  await me.isWellMade('without a server');
  // Meanwhile it is approved, at another server.
  await owner.approves(order);
  await replica.start();
  await me.sees('The shop has accepted the order');
  await me.page.getByText('The shop cannot be reached').waitFor({ state: 'detached' });
  // What came while nobody could tell, and what comes now.
  await owner.ships(order);
  await me.sees('CJ 1234-5678');
  await me.sees('Approved by the shop');
  me.forgives(/Failed to load resource|WebSocket connection/);
});

test('an order that is not paid in time says so while it is looked at, and can be made again', async () => {
  replica = await Replica.starts({ GAGE_PAYMENT_WINDOW_SECS: '8', GAGE_EXPIRY_GRACE_SECS: '1' });
  me = await Visitor.comes(browser, { origin: replica.origin });
  await me.putsIntoCart(await owner.sells('Hourglass', CHEAP, 5));
  await me.orders();
  await me.sees('The time to pay is over');
  expect(await me.button('Pay with the wallet').count()).toBe(0);
  // A block after the deadline: now it is sure that no payment was in time.
  await chain.mine();
  await me.sees('It was not paid in time');
  await me.sees('Expired: not paid in time');
  await me.isWellMade('expired');
  await me.button('Order again').click();
  await me.sees('Hourglass');
  await me.link('Check out').waitFor();
});

test('a payment that fails on the chain is told, and can be made again', async () => {
  me = await Visitor.comes(browser);
  await me.putsIntoCart(await owner.sells('Mirror', CHEAP, 5));
  await me.orders();
  // Too little for the call: the transaction is in a block, and does nothing.
  me.person.gas = 60_000n;
  await me.button('Pay with the wallet').click();
  await me.sees('Sent to the network');
  await chain.mine();
  await chain.mine();
  await me.sees('The transaction failed, and nothing but its gas was taken.');
  await me.sees('A transaction did not pay');
  await me.isWellMade('failed');
  me.person.gas = null;
  await me.pays();
});

test('a payment that the wallet replaces is told, and can be made again', async () => {
  me = await Visitor.comes(browser);
  await me.putsIntoCart(await owner.sells('Compass', CHEAP, 5));
  await me.orders();
  await chain.stop();
  try {
    await me.button('Pay with the wallet').click();
    await me.sees('Payment sent');
    // The same nonce once more, dearer, to oneself: as wallets cancel.
    await me.person.account.cancels?.();
  } finally {
    await chain.start();
  }
  await chain.mine();
  await chain.mine();
  await me.sees('Your wallet sent another transaction in the place of the payment');
  await me.pays();
});

test('who signs in with another account of the wallet sees that one’s orders alone', async () => {
  me = await Visitor.comes(browser);
  await me.putsIntoCart(await owner.sells('Cloak', CHEAP, 5));
  await me.orders();
  await me.turnsTo(plainAccount(personAt(PEOPLE.secondCustomer), setting('CHAIN_RPC_URL')));
  await me.button('Sign in with it').click();
  await me.sees('There is no such order');
  await me.isWellMade('another’s order');
  await me.turnsTo(plainAccount(personAt(PEOPLE.customer), setting('CHAIN_RPC_URL')));
  await me.button('Sign in with it').click();
  await me.sees('Cloak');
  await me.pays();
});
