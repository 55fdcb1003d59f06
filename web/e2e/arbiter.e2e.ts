import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, test } from 'vitest';
import { launch } from './browser';
import { chain } from './chain';
import { Customer } from './customer';
import { Owner } from './owner';
import { PEOPLE } from './people';
import { Replica } from './replica';
import { DESK, Visitor } from './visitor';

const PRICE = { amount: '4000000000000000' };

let browser: Browser;
let owner: Owner;
let customer: Customer;
let visitors: Visitor[];

beforeAll(async () => {
  [browser, owner, customer] = await Promise.all([launch(), Owner.signIn(), Customer.signIn()]);
});
afterAll(() => browser.close());
beforeEach(() => {
  visitors = [];
});
afterEach(async () => {
  for (const visitor of visitors) await visitor.leaves();
});

async function comes(as: number, path: string): Promise<Visitor> {
  const visitor = await Visitor.comes(browser, { as, viewport: DESK });
  visitors.push(visitor);
  await visitor.opens(path);
  await visitor.signsIn();
  return visitor;
}

/** An order that is paid and in dispute; its id. */
async function disputed(product: string): Promise<string> {
  const order = await customer.orders(await owner.shop(), await owner.sells(product, PRICE, 5));
  await customer.pays(order);
  await customer.disputes(order);
  return order;
}

test('a disputed order is seen by both sides, and the arbiter gives the money back from the page', async () => {
  const order = await disputed('Vase');
  const path = `/orders/${encodeURIComponent(order)}`;
  const buyer = await comes(PEOPLE.customer, path);
  await buyer.sees('In dispute: the arbiter decides');
  await buyer.sees('You opened it on');
  const seller = await comes(PEOPLE.owner, path);
  await seller.sees('In dispute: the arbiter decides');
  await seller.sees('The buyer opened it on');

  const arbiter = await comes(PEOPLE.arbiter, '/');
  await arbiter.button(/^Account/).click();
  await arbiter.page.getByRole('menuitem', { name: 'Disputes' }).click();
  await arbiter.isWellMade('disputes');
  await arbiter.link('Vase').click();
  await arbiter.sees('You are the arbiter: decide who gets the money.');
  await arbiter.isWellMade('a dispute');
  await arbiter.button('Give it to the buyer').click();
  await arbiter.isWellMade('a decision');
  await arbiter.agrees('Decide with the wallet');
  await arbiter.sees('It is decided.');
  await chain.mine();
  await arbiter.button('Close').click();

  await buyer.sees('Your money went back to you');
  await seller.sees('Money given back to the buyer');
  await arbiter.sees('Money given back to the buyer');
});

test('the arbiter shares the money between the two', async () => {
  const order = await disputed('Jar');
  const arbiter = await comes(PEOPLE.arbiter, `/orders/${encodeURIComponent(order)}`);
  await arbiter.button('Give it to the buyer').click();
  const amount = arbiter.page.getByRole('textbox', { name: 'How much' });
  await amount.fill('0.005');
  await arbiter.sees('More than zero, at most 0.004');
  await amount.fill('0.001');
  await arbiter.agrees('Decide with the wallet');
  await arbiter.sees('It is decided.');
  await chain.mine();
  await arbiter.button('Close').click();
  await arbiter.sees(/^0\.003.ETH$/);
  await arbiter.button('Give it to the shop').click();
  await arbiter.agrees('Decide with the wallet');
  await arbiter.sees('It is decided.');
  await chain.mine();
  await arbiter.button('Close').click();
  await arbiter.sees('Money released to the shop');
});

test('when the arbiter says nothing in time, the buyer takes the money back', async () => {
  const replica = await Replica.starts({ GAGE_DISPUTE_SECS: '1' });
  try {
    const buyer = await Visitor.comes(browser, { origin: replica.origin });
    visitors.push(buyer);
    await buyer.putsIntoCart(await owner.sells('Urn', PRICE, 5));
    const order = await buyer.orders();
    await buyer.pays();
    await customer.disputes(order);
    await buyer.button('Take the refund').click();
    // The chain's time is that of its last block.
    await chain.mine();
    await buyer.agrees('Refund with the wallet');
    await buyer.sees('The money is yours again.');
    await chain.mine();
    await buyer.button('Close').click();
    await buyer.sees('Money given back to the buyer');
  } finally {
    await replica.stop();
  }
});
