import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launch } from './browser';
import { chain } from './chain';
import { Customer } from './customer';
import { PEOPLE } from './people';
import { buys, Shopkeeper } from './shopkeeper';
import { stillLife } from './still';
import { PHONE, Visitor } from './visitor';
import { personAt } from './wallet';

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

test('the whole story: an owner and a customer side by side', { timeout: 180_000 }, async () => {
  const keeper = await Shopkeeper.opens(browser, 6, 'Moon jar');
  const { me } = keeper;
  await me.sees('Nothing sold in this time');
  await me.isWellMade('an empty overview');
  await keeper.tab('Orders');
  await me.sees('No orders here');
  await keeper.tab('Products');
  await me.sees('Nothing listed yet');
  const product = await keeper.sells('White vase', '0.0125', 3);
  await me.isWellMade('a product');

  // A picture.
  const buffer = await stillLife(me.page, '#3f6f60');
  await me.page.getByLabel('Choose a picture').setInputFiles({ name: 'vase.png', mimeType: 'image/png', buffer });
  await me.button('Remove it').waitFor();
  await me.isWellMade('a product with a picture');

  // The customer sees it, and buys.
  const customer = await Visitor.comes(browser, { as: PEOPLE.customer });
  await customer.opens(product);
  const image = customer.page.locator('main img').first();
  await image.waitFor();
  expect(await image.evaluate((shown: HTMLImageElement) => shown.decode().then(() => shown.naturalWidth))).toBe(900);
  await keeper.tab('Orders');
  await buys(customer, product);

  // It arrives without a reload.
  await me.sees('A new paid order');
  const row = me.page.getByRole('article');
  await row.first().waitFor();
  await me.isWellMade('orders');
  await row.first().getByRole('link').click();
  await me.sees('The money is in the escrow');
  await me.isWellMade('an order');
  await me.button('Approve').click();
  await me.agrees('Approve the order');
  await me.sees('Pack it');
  await customer.sees('The shop has accepted the order');
  await me.button('It is on its way').click();
  await keeper.field('Carrier').fill('CJ대한통운');
  await me.isWellMade('shipping');
  expect(await me.button('Tell the customer').isDisabled()).toBe(true);
  await keeper.field('Tracking number').fill('6412-8850-1177');
  await me.agrees('Tell the customer');
  await customer.sees('CJ대한통운 6412-8850-1177');
  await customer.button('I have it').click();
  await customer.agrees('Confirm the delivery');
  await me.sees('The customer has it');
  await customer.button('Release the payment').click();
  await customer.agrees('Release with the wallet');
  await customer.sees("The money is the shop's now");
  await chain.mine();
  await me.sees('All done.');

  // The figures, and the money.
  await keeper.tab('Overview');
  await me.page.locator('.recharts-bar-rectangle path').first().waitFor();
  await me.sees('0.0125');
  await me.isWellMade('overview');
  await keeper.tab('Money');
  await me.button('Take it out').click();
  await me.sees('It is in your wallet');
  await me.isWellMade('money');
  await Promise.all([me.leaves(), customer.leaves()]);
});

test(
  'orders are found, approved together, and refused with a reason; the money goes back',
  { timeout: 180_000 },
  async () => {
    const keeper = await Shopkeeper.opens(browser, 7, 'Kiln', PHONE);
    const { me } = keeper;
    const bowl = await keeper.sells('Rice bowl', '0.002', 9);
    const plate = await keeper.sells('Side plate', '0.001', 9);
    const first = await Visitor.comes(browser, { as: PEOPLE.customer });
    const second = await Visitor.comes(browser, { as: PEOPLE.secondCustomer });
    await buys(first, bowl);
    await buys(second, plate);
    await keeper.tab('Orders');
    await me.page.getByRole('article').nth(1).waitFor();

    const search = me.page.getByRole('searchbox');
    await search.fill('plate');
    await expect.poll(() => me.page.getByRole('article').count()).toBe(1);
    await me.sees('Side plate × 1');
    await search.fill(first.person.account.address);
    await me.sees('Rice bowl × 1');
    await expect.poll(() => me.page.getByRole('article').count()).toBe(1);
    await search.fill('nothing of ours');
    await me.sees('No order fits');
    await search.fill('');
    await me.page.getByRole('article').nth(1).waitFor();

    // One is refused, and the money goes back with the owner's wallet.
    await me.page.getByRole('article').first().getByRole('link').click();
    await me.button('Reject').click();
    await keeper.field('Why').fill('The glaze has cracked.');
    await me.isWellMade('refusing');
    await me.agrees('Reject the order');
    await second.sees('The shop says: The glaze has cracked.');
    await me.button('Give the money back').click();
    await me.agrees('Refund with the wallet');
    await me.sees('The customer has the money back');
    await me.page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
    await chain.mine();
    await second.sees('Your money went back to you');

    // What is left is approved with another one, together.
    const again = await Customer.signIn(PEOPLE.secondCustomer);
    const more = await again.orders(keeper.shop(), keeper.productOf(plate));
    await again.pays(more);
    await keeper.tab('Orders');
    await me.page.getByRole('article').nth(1).waitFor();
    await me.page.getByLabel('All on this page').check();
    await me.isWellMade('marked orders');
    await me.button('Approve 2 orders').click();
    await me.sees('2 orders are approved.');
    await first.sees('The shop has accepted the order');
    await again.seesOrder(more, 'APPROVED');
    await Promise.all([me.leaves(), first.leaves(), second.leaves()]);
  },
);

test('stock that runs low is told, and what cannot be is refused where it is typed', { timeout: 120_000 }, async () => {
  const keeper = await Shopkeeper.opens(browser, 8, 'Loft');
  const { me } = keeper;
  await keeper.sells('Lamp', '0.5', 4);
  await keeper.field('Low from').fill('0');
  await me.sees('This is no number of pieces that can be counted.');
  await keeper.field('Low from').fill('3');
  await me.button('Set the mark').click();
  await expect.poll(() => me.button('Set the mark').isDisabled()).toBe(true);
  await keeper.field('Correct the count by').fill('-1');
  await keeper.field('Why').fill('broken');
  await me.button('Correct the count').click();
  await me.page.getByText('Low stock', { exact: true }).first().waitFor();
  await keeper.field('Price').fill('1.0000000000000000001');
  await me.sees('at most 18 digits after the point');
  const file = { name: 'note.png', mimeType: 'image/png', buffer: Buffer.from('no picture') };
  await me.page.getByLabel('Choose a picture').setInputFiles(file);
  await me.sees('This is no whole JPEG, PNG or WebP picture');
  me.forgives(/422/);
  await keeper.tab('Overview');
  await me.sees('3 left, mark 3');
  await keeper.tab('Products');
  await me.button('Low stock').click();
  await me.page.getByRole('article').filter({ hasText: 'Lamp' }).waitFor();
  await me.isWellMade('products');

  // Korean, on a phone, dark.
  await me.page.setViewportSize(PHONE);
  await me.button('한국어').click();
  await me.sees('재고 부족');
  await me.button('어두운 화면').click();
  await me.isWellMade('products, dark, Korean');
  await me.leaves();
});

test('a shop is its owner’s alone', async () => {
  const me = await Visitor.comes(browser, { as: PEOPLE.secondCustomer });
  await me.opens('/owner');
  await me.sees('Sign in to see this');
  await me.signsIn();
  await me.sees('You have no shop yet');
  await me.opens('/owner/U2hvcDowMDAwMDAwMC0wMDAwLTAwMDAtMDAwMC0wMDAwMDAwMDAwMDA');
  await me.sees('This is not a shop of yours');
  await me.isWellMade('not a shop of yours');
  await me.leaves();
});

test('a shop gets another name and another wallet for its money', { timeout: 120_000 }, async () => {
  const keeper = await Shopkeeper.opens(browser, 6, 'Old kiln', PHONE);
  const { me } = keeper;
  await me.link('Settings').click();
  expect(await me.button('Save the name').isDisabled()).toBe(true);
  await keeper.field('Name in English').fill('New kiln');
  await me.button('Save the name').click();
  await me.page.getByRole('button', { name: /^New kiln/ }).waitFor();

  const { address } = personAt(PEOPLE.secondCustomer);
  await keeper.field('New wallet for its money').fill(address.slice(0, -1));
  await me.sees('An address is 0x and 40 digits');
  expect(await me.button('Change the wallet').isDisabled()).toBe(true);
  await keeper.field('New wallet for its money').fill(address);
  await me.sees('This is not the wallet that you are signed in with');
  await me.isWellMade('settings');
  await me.button('Change the wallet').click();
  await me.sees('Compare every digit');
  await me.isWellMade('another wallet');
  await me.agrees('It is right: change it');
  await me.page.getByRole('dialog').waitFor({ state: 'detached' });
  await me.page.reload();
  await me.sees(new RegExp(address, 'i'));
  await me.page.getByRole('button', { name: /^New kiln/ }).waitFor();

  // It is where new orders are paid to.
  const product = await keeper.sells('Tile', '0.003', 4);
  const customer = await Customer.signIn();
  const order = await customer.orders(keeper.shop(), keeper.productOf(product));
  expect((await customer.seller(order)).toLowerCase()).toBe(address.toLowerCase());
  await me.leaves();
});

test('orders and sales are found by their day', { timeout: 120_000 }, async () => {
  const keeper = await Shopkeeper.opens(browser, 7, 'Calendar', PHONE);
  const { me } = keeper;
  const product = await keeper.sells('Almanac', '0.004', 4);
  const customer = await Customer.signIn();
  await customer.pays(await customer.orders(keeper.shop(), keeper.productOf(product)));
  const day = (past: number) =>
    me.page.evaluate(
      (days) => new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short' }).format(Date.now() - days * 86_400_000),
      past,
    );
  await keeper.tab('Orders');
  await me.page.getByRole('article').waitFor();
  await keeper.field('To').fill(await day(1));
  await me.sees('No order fits');
  await me.isWellMade('no orders of a time');
  await keeper.field('To').fill(await day(0));
  await keeper.field('From').fill(await day(0));
  await me.page.getByRole('article').waitFor();
  await me.page.reload();
  await me.page.getByRole('article').waitFor();
  await keeper.field('To').fill('');
  await keeper.field('From').fill(await day(-1));
  await me.sees('No order fits');

  await keeper.tab('Overview');
  await me.sees('0.004');
  await keeper.field('Up to').fill(await day(1));
  await me.sees('Nothing sold in this time');
  await keeper.field('Up to').fill(await day(0));
  await me.page.locator('.recharts-bar-rectangle path').first().waitFor();
  await me.isWellMade('an overview of a time');
  await me.leaves();
});
