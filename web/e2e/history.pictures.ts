import { mkdirSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, test } from 'vitest';
import { launch } from './browser';
import { Customer } from './customer';
import { Owner } from './owner';
import { PEOPLE } from './people';
import { DESK, PHONE, Visitor } from './visitor';

/** Where pictures of the auditor's pages are put, to be looked at by people. */
const FOLDER = process.env['GAGE_PICTURES'];
const LOOKS = [
  { name: 'ko-light-phone', language: 'ko', appearance: 'light', viewport: PHONE },
  { name: 'en-dark-phone', language: 'en', appearance: 'dark', viewport: PHONE },
  { name: 'ko-dark-desk', language: 'ko', appearance: 'dark', viewport: DESK },
  { name: 'en-light-desk', language: 'en', appearance: 'light', viewport: DESK },
] as const;

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

test.runIf(FOLDER)('pictures of the auditor’s way', { timeout: 300_000 }, async () => {
  mkdirSync(FOLDER ?? '', { recursive: true });
  const [owner, customer] = [await Owner.signIn(), await Customer.signIn()];
  const product = await owner.sells({ ko: '백자 대접', en: 'White bowl' }, { amount: '12500000000000000' }, 5);
  const order = await customer.orders(await owner.shop(), product, 2);
  await customer.pays(order);
  await owner.approves(order);
  await owner.ships(order);
  const me = await Visitor.comes(browser, { as: PEOPLE.auditor, viewport: DESK });
  await me.opens('/history');
  await me.signsIn();
  for (const look of LOOKS) {
    await me.page.evaluate(({ language, appearance }) => {
      localStorage.setItem('gage.language', language);
      localStorage.setItem('gage.appearance', appearance);
    }, look);
    await me.page.setViewportSize(look.viewport);
    const shoot = (name: string) =>
      me.page.screenshot({ path: `${FOLDER ?? ''}/history-${look.name}-${name}.png`, fullPage: true });
    const settles = () => me.page.waitForTimeout(800);
    await me.opens('/history');
    await me.page.locator('ol[reversed] > li').first().waitFor();
    await settles();
    await me.page.screenshot({ path: `${FOLDER ?? ''}/history-${look.name}-events.png` });
    await me.opens(`/history?stream=${order}`);
    const item = me.page.locator('ol[reversed] > li').first();
    await item.waitFor();
    await item.getByRole('button').first().click();
    await settles();
    await shoot('stored');
    await item.getByRole('tab').nth(1).click();
    await settles();
    await shoot('causes');
    await item.getByRole('tab').nth(2).click();
    await settles();
    await shoot('proof');
    await me.opens(`/history/stream/${order}`);
    await me.page.getByRole('slider').waitFor();
    await me.page.locator('form button').last().click();
    await settles();
    await shoot('steps');
    await me.opens('/history/proofs');
    await me.page.locator('main h1').waitFor();
    await settles();
    await shoot('proofs');
    await me.opens(`/orders/${order}`);
    await me.page.locator('#record').waitFor();
    await settles();
    await shoot('order');
  }
  await me.context.close();
});
