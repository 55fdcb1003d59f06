import { mkdirSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, test } from 'vitest';
import { launch, setting } from './browser';
import { chain } from './chain';
import { installWallet } from './wallet';

/** Where pictures of every page are put, to be looked at by people: both languages, both appearances, phone and desk. */
const FOLDER = process.env['GAGE_PICTURES'];
const LOOKS = [
  { name: 'ko-light-phone', language: 'ko', appearance: 'light', width: 360, height: 780 },
  { name: 'en-dark-phone', language: 'en', appearance: 'dark', width: 360, height: 780 },
  { name: 'ko-dark-desk', language: 'ko', appearance: 'dark', width: 1280, height: 860 },
  { name: 'en-light-desk', language: 'en', appearance: 'light', width: 1280, height: 860 },
] as const;

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

test.runIf(FOLDER)('pictures of the customer’s way', { timeout: 240_000 }, async () => {
  mkdirSync(FOLDER ?? '', { recursive: true });
  for (const look of LOOKS) {
    const context = await browser.newContext({ viewport: { width: look.width, height: look.height } });
    await context.addInitScript(({ language, appearance }) => {
      localStorage.setItem('gage.language', language);
      localStorage.setItem('gage.appearance', appearance);
    }, look);
    await installWallet(context, setting('CHAIN_RPC_URL'), 1);
    const page = await context.newPage();
    page.on('console', (message) => message.type() === 'error' && console.log(look.name, message.text()));
    page.on('pageerror', (error) => console.log(look.name, error));
    await walk(page, (name) => page.screenshot({ path: `${FOLDER ?? ''}/${look.name}-${name}.png`, fullPage: true }));
    await context.close();
  }
});

async function walk(page: Page, picture: (name: string) => Promise<unknown>): Promise<void> {
  const origin = setting('GAGE_URL');
  await page.goto(origin);
  await page.locator('article').first().waitFor();
  await picture('1-grid');
  await page.locator('article a').last().click();
  await page.locator('main button.grow').click();
  await picture('2-product');
  await page.locator('header a[href="/cart"]').click();
  await page.locator('main input').waitFor();
  await picture('3-cart');
  await page.locator('main a[href^="/checkout"]').click();
  await page.locator('main button').last().click();
  await page.getByRole('dialog').waitFor();
  await picture('4-sign-in');
  await page.getByRole('dialog').getByText('Browser Wallet').click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await picture('5-checkout');
  await page.locator('main button').last().click();
  await page.getByRole('timer').waitFor();
  await page.waitForTimeout(1_000);
  await picture('6-to-pay');
  await page.locator('section[aria-labelledby=payment-title] button.w-full').click();
  await page.getByText(/1 of 2|1번 확인/).waitFor();
  await picture('7-paying');
  await chain.mine();
  await page.getByRole('timer').waitFor({ state: 'detached' });
  await page.waitForTimeout(2_500);
  await picture('8-paid');
  await page.locator('header button[aria-haspopup=menu]').click();
  await page.getByRole('menu').waitFor();
  await picture('9-menu');
  await page.getByRole('menuitem').first().click();
  await page.locator('article').first().waitFor();
  await picture('10-orders');
}
