import { readFileSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launch } from './browser';
import { Customer } from './customer';
import { Owner } from './owner';
import { PEOPLE } from './people';
import { DESK, PHONE, Visitor } from './visitor';

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

/** The event of which the words are these, opened. */
async function opened(me: Visitor, words: string | RegExp) {
  const item = me.page.getByRole('listitem').filter({ hasText: words }).first();
  const head = item.getByRole('button').first();
  await head.click();
  expect(await head.getAttribute('aria-expanded')).toBe('true');
  return item;
}

/** Saves what a button gives. */
async function saved(me: Visitor, name: string | RegExp): Promise<{ format: string }> {
  const given = me.page.waitForEvent('download');
  await me.button(name).click();
  const download = await given;
  return JSON.parse(readFileSync(await download.path(), 'utf8')) as { format: string };
}

test('an auditor replays what happened, why, and has the proof of it', { timeout: 180_000 }, async () => {
  const owner = await Owner.signIn();
  const customer = await Customer.signIn();
  const shop = await owner.shop();
  const product = await owner.sells('Audited bowl', { amount: '1000000000000000' }, 5);
  const me = await Visitor.comes(browser, { as: PEOPLE.auditor, viewport: DESK });
  await me.opens('/history');
  await me.sees('Sign in to see this');
  await me.signsIn();
  await me.sees('Everything that ever happened');
  await me.sees('The product is for sale.');
  await me.isWellMade('the history');

  // What happens now appears by itself.
  const order = await customer.orders(shop, product);
  await me.sees('1 product for');
  await me.sees(/new events/);
  await customer.pays(order);
  await owner.approves(order);
  await me.sees('The shop approved the order.');

  // One event: as it is stored, why, and its proof.
  const approved = await opened(me, 'The shop approved the order.');
  await approved.getByText('"OrderApproved"').waitFor();
  await me.isWellMade('an event');
  await approved.getByRole('tab', { name: 'Why' }).click();
  await approved.getByText('this event').waitFor();
  await approved.getByText('The order is paid.').waitFor();
  await approved.getByText('ReservationCommitted').waitFor();
  await me.isWellMade('causes');
  await approved.getByRole('tab', { name: 'Proof' }).click();
  await expect
    .poll(async () => {
      const again = approved.getByRole('button', { name: 'Try again' });
      if (await again.isVisible()) await again.click();
      return me.button('Download the proof').isVisible();
    })
    .toBe(true);
  await me.isWellMade('a proof');
  expect((await saved(me, 'Download the proof')).format).toBe('gage.event.v1');

  // The stream, step by step, with the keyboard too.
  await approved.getByRole('tab', { name: 'Stored' }).click();
  await approved.getByRole('link', { name: 'Step through the stream' }).click();
  await me.sees('3 of 3');
  await me.isWellMade('steps');
  await me.button('Step back').press('Enter');
  await me.sees('2 of 3');
  await me.sees('The order is paid.');
  await me.page.getByRole('slider').press('ArrowLeft');
  await me.sees('1 of 3');
  await me.sees('AwaitingPayment');
  await me.button('To the beginning').click();
  await me.sees('Before the first event');
  await me.page.getByLabel('From step').fill('1');
  await me.page.getByLabel('To step').fill('3');
  await me.button('Compare').click();
  await me.sees('orders.orders[0].phase');
  await me.page.getByLabel('Position').fill('nowhere');
  await me.page.getByRole('button', { name: 'Show' }).last().click();
  await me.sees('A position is like 771-42.');
  await me.page.getByLabel('Position').fill('9000000000-1');
  await me.page.getByRole('button', { name: 'Show' }).last().click();
  await me.sees('As of 9000000000-1');
  await me.isWellMade('another moment');

  // Filters, which stand in the address.
  await me.link('All its events').click();
  await me.sees('1 filter');
  await expect.poll(() => me.page.locator('ol[reversed] > li').count()).toBe(3);
  await me.page.getByLabel('Type', { exact: true }).selectOption('OrderPaid');
  await me.page.getByLabel('Who', { exact: true }).fill('somebody');
  await me.button('Look').click();
  await me.sees('Give an address 0x…');
  await me.isWellMade('a filter that is wrong');
  await me.page.getByLabel('Who', { exact: true }).fill('system:reactions');
  await me.button('Look').click();
  await expect.poll(() => me.page.locator('ol[reversed] > li').count()).toBe(1);
  expect(me.page.url()).toContain('type=OrderPaid');
  await me.page.getByLabel('Type', { exact: true }).selectOption('OrderExpired');
  await me.button('Look').click();
  await me.sees('Nothing of this kind');
  await me.isWellMade('nothing found');

  // What the server signed.
  await me.opens('/history/proofs');
  await me.sees('Newest checkpoint');
  await me.sees('Nothing was written to a chain yet.');
  await me.isWellMade('proofs');
  await me.leaves();
});

test('an owner has the history of the shop, and a customer that of an order', { timeout: 120_000 }, async () => {
  const owner = await Owner.signIn();
  const customer = await Customer.signIn();
  const product = await owner.sells('Kept cup', { amount: '1000000000000000' }, 5);
  const order = await customer.orders(await owner.shop(), product);

  const keeper = await Visitor.comes(browser, { as: PEOPLE.owner, viewport: DESK });
  await keeper.opens('/owner');
  await keeper.signsIn();
  await keeper.link('History').click();
  await keeper.sees('Everything that happened to this shop');
  await keeper.sees('1 product for');
  await keeper.isWellMade('the shop’s history');
  await customer.cancels(order);
  await keeper.sees('The customer cancelled the order.');

  const buyer = await Visitor.comes(browser, { as: PEOPLE.customer, viewport: PHONE, appearance: 'dark' });
  await buyer.opens(`/orders/${encodeURIComponent(order)}`);
  await buyer.signsIn();
  await buyer.sees('For your records');
  await buyer.isWellMade('an order’s record');
  let receipt: { format: string } | undefined;
  await expect
    .poll(async () => {
      const given = buyer.page.waitForEvent('download', { timeout: 1_000 }).catch(() => null);
      await buyer.button('Download the receipt').click();
      const download = await given;
      receipt = download ? (JSON.parse(readFileSync(await download.path(), 'utf8')) as { format: string }) : undefined;
      return receipt?.format;
    })
    .toBe('gage.receipt.v1');
  await buyer.link('The whole history').click();
  await buyer.sees('The customer cancelled the order.');
  // With its payment.
  await expect.poll(() => buyer.page.locator('ol[reversed] > li').count()).toBe(4);
  const cancelled = await opened(buyer, 'The customer cancelled the order.');
  await cancelled.getByRole('tab', { name: 'Why' }).click();
  await cancelled.getByText('ReservationReleased').waitFor();
  await buyer.isWellMade('an order’s history, dark, on a phone');

  // Everything of one's own, in Korean; and nothing of others.
  await buyer.opens('/history');
  await buyer.sees('Everything that happened to your orders');
  await buyer.button('한국어').click();
  await buyer.sees('고객이 주문을 취소했습니다.');
  await buyer.isWellMade('history, Korean');
  await buyer.opens(`/history/stream/${encodeURIComponent(product)}`);
  await buyer.sees('스트림이 없습니다');
  await Promise.all([keeper.leaves(), buyer.leaves()]);
});
