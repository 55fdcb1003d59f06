import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launch } from './browser';
import { Owner } from './owner';
import { PEOPLE } from './people';
import { DESK, Visitor } from './visitor';

let browser: Browser;
let owner: Owner;
beforeAll(async () => {
  [browser, owner] = await Promise.all([launch(), Owner.signIn()]);
});
afterAll(() => browser.close());

const ADDRESS = '서울특별시 종로구 사직로 161';

test('a customer says where the goods go, the owner sees it, and the customer erases it', async () => {
  const me = await Visitor.comes(browser, { as: PEOPLE.secondCustomer });
  const field = (label: string) => me.page.getByLabel(label, { exact: true });
  await me.putsIntoCart(await owner.sells('Kettle', { amount: '2000000000000000' }, 3));
  await me.opensCart();
  await me.link('Check out').click();
  await me.signsIn();
  expect(await field('Telephone').getAttribute('autocomplete')).toBe('shipping tel');

  // What is missing is said where it is missing, and gets the focus.
  await me.button('Place the order').click();
  await me.sees('Fill this in');
  await me.page.waitForFunction(() => document.activeElement?.getAttribute('aria-invalid') === 'true');
  await me.isWellMade('a delivery that lacks something');
  await field('Recipient').fill('홍길동');
  await field('Telephone').fill('010-1234-5678');
  await field('Address').fill(ADDRESS);
  await field('Note for the courier (optional)').fill('초인종은 두 번');
  await me.isWellMade('where it goes');
  await me.button('Place the order').click();
  await me.page.getByRole('timer').waitFor();
  const order = me.order();
  await me.sees('홍길동');
  await me.sees(ADDRESS);
  await me.isWellMade('an order that goes somewhere');
  const kept = await me.page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, history.state]));
  expect(kept).not.toContain('홍길동');
  expect(kept).not.toContain('사직로');

  const keeper = await Visitor.comes(browser, { as: PEOPLE.owner, viewport: DESK });
  const page = `/owner/${encodeURIComponent(await owner.shop())}/orders/${encodeURIComponent(order)}`;
  await keeper.opens(page);
  await keeper.signsIn();
  await keeper.sees('010-1234-5678');
  await keeper.sees('초인종은 두 번');
  await keeper.isWellMade('an order that is to be sent somewhere');

  // Not while the goods are to be delivered.
  await me.button(/^Account/).click();
  await me.page.getByRole('menuitem', { name: 'Personal data' }).click();
  await me.button('Erase my delivery details').click();
  await me.agrees('Erase for ever');
  await me.sees('These orders are still to be delivered');
  await me.isWellMade('personal data');
  await me.page.getByRole('main').getByRole('listitem').getByRole('link').click();
  await me.sees(ADDRESS);
  await me.button('Cancel the order').click();
  await me.agrees('Yes, cancel it');
  await me.sees('You cancelled this order');

  await me.button(/^Account/).click();
  await me.page.getByRole('menuitem', { name: 'Personal data' }).click();
  await me.button('Erase my delivery details').click();
  await me.agrees('Erase for ever');
  await me.sees('Erased. Your orders now say');
  await me.page.goBack();
  await me.sees('The delivery details were erased.');
  expect(await me.page.getByText(ADDRESS).count()).toBe(0);
  await keeper.opens(page);
  await keeper.sees('The delivery details were erased.');
  await keeper.leaves();
  await me.leaves();
});
