import type { Browser } from 'playwright-core';
import { mkdirSync } from 'node:fs';
import { afterAll, beforeAll, test } from 'vitest';
import { launch } from './browser';
import { Customer } from './customer';
import { Owner } from './owner';
import { stillLife, type Vessel } from './still';
import { DESK, PHONE, Visitor } from './visitor';

/** Where the README looks for them. */
const FOLDER = new URL('../../docs/pictures/', import.meta.url);

let browser: Browser;
let owner: Owner;

beforeAll(async () => {
  mkdirSync(FOLDER, { recursive: true });
  [browser, owner] = await Promise.all([launch(), Owner.signIn()]);
  const painter = await browser.newPage();
  const shelf: [ko: string, en: string, won: string, pieces: number, colour: string, vessel: Vessel][] = [
    ['분청 사발', 'Buncheong bowl', '42000', 18, '#7d8a86', 'bowl'],
    ['달항아리', 'Moon jar', '185000', 4, '#d9d6cc', 'jar'],
    ['한지 등', 'Paper lantern', '36000', 60, '#c9a56a', 'lantern'],
    ['청자 주병', 'Celadon bottle', '98000', 9, '#5f8f7d', 'bottle'],
    ['옻칠 쟁반', 'Lacquer tray', '54000', 32, '#7c2f25', 'tray'],
  ];
  for (const [ko, en, amount, pieces, colour, vessel] of shelf) {
    const product = await owner.sells({ ko, en }, { fiat: 'KRW', amount }, pieces);
    await owner.shows(product, await stillLife(painter, colour, vessel));
  }
});
afterAll(() => browser.close());

const picture = async (visitor: Visitor, name: string): Promise<void> => {
  await visitor.page.waitForFunction(() => document.querySelector('.animate-pulse') === null);
  await visitor.page.screenshot({ path: new URL(`${name}.png`, FOLDER).pathname });
};

test('the grid, on a desk', async () => {
  const me = await Visitor.comes(browser, { viewport: DESK });
  await me.opens('/');
  await me.page.getByRole('article').first().waitFor();
  await picture(me, 'products');
  await me.leaves();
});

test('an order that is on its way, in the dark', async () => {
  const customer = await Customer.signIn();
  const product = await owner.sells({ ko: '백자 접시', en: 'White plate' }, { fiat: 'KRW', amount: '84000' }, 12);
  await owner.shows(product, await stillLife(await browser.newPage(), '#cfcabd', 'bowl'));
  const order = await customer.orders(await owner.shop(), product, 2, { payWith: {} });
  await customer.pays(order);
  await owner.approves(order);
  await owner.ships(order);
  const me = await Visitor.comes(browser, { viewport: DESK, appearance: 'dark' });
  await me.opens(`/orders/${encodeURIComponent(order)}`);
  await me.signsIn();
  await me.sees('CJ 1234-5678');
  await picture(me, 'order');
  await me.leaves();
});

test('a payment in Korean, on a phone', async () => {
  const customer = await Customer.signIn();
  const product = await owner.sells({ ko: '다기 세트', en: 'Tea set' }, { fiat: 'KRW', amount: '126000' }, 12);
  await owner.shows(product, await stillLife(await browser.newPage(), '#56708f', 'jar'));
  const order = await customer.orders(await owner.shop(), product, 1, { payWith: {} });
  const me = await Visitor.comes(browser, { viewport: PHONE, language: 'ko', deviceScaleFactor: 2 });
  await me.opens(`/orders/${encodeURIComponent(order)}`);
  await me.page.getByRole('button', { name: /^지갑으로 로그인/ }).click();
  await me.agrees('Browser Wallet');
  await me.page.getByRole('timer').waitFor();
  await me.sees('네트워크 수수료');
  await picture(me, 'payment');
  await me.leaves();
});
