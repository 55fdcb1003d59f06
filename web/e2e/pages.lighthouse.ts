import { mkdirSync, writeFileSync } from 'node:fs';
import lighthouse, { desktopConfig, type Flags, type RunnerResult } from 'lighthouse';
import { chromium } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { chromiumOptions, freePort, launch, setting } from './browser';
import { Customer } from './customer';
import { Owner } from './owner';
import { stillLife } from './still';

/** What each must have, also on the phone of years ago on a slow line that Lighthouse makes up. */
const LEAST = 95;
const CATEGORIES = ['performance', 'accessibility', 'best-practices'];
const FOLDER = new URL('../../.gage/lighthouse/', import.meta.url);

/** Products on the grid: a full first page of them. */
const PRODUCTS = 24;
const GLAZES = ['#3f6f60', '#8a6a45', '#5b6488', '#92574a'];

let order: string;
let session: string;

beforeAll(async () => {
  const [owner, customer] = [await Owner.signIn(), await Customer.signIn()];
  let product = '';
  const browser = await launch();
  const painter = await browser.newPage();
  for (let count = 0; count < PRODUCTS; count += 1) {
    product = await owner.sells(`Porcelain ${count + 1}`, { amount: '12000000000000000' }, 50);
    await owner.shows(product, await stillLife(painter, GLAZES[count % GLAZES.length] ?? ''));
  }
  await browser.close();
  order = await customer.orders(await owner.shop(), product);
  await customer.pays(order);
  session = customer.token;
  mkdirSync(FOLDER, { recursive: true });
}, 120_000);

const pages = [
  { page: 'grid', path: () => '/' },
  { page: 'order', path: () => `/orders/${encodeURIComponent(order)}` },
].flatMap((page) => [
  { ...page, device: 'phone', config: undefined },
  { ...page, device: 'desktop', config: desktopConfig },
]);

test.each(pages)('the page $page on a $device', { timeout: 120_000 }, async ({ page, path, device, config }) => {
  const port = await freePort();
  const options = chromiumOptions();
  const args = [...options.args, `--remote-debugging-port=${port}`];
  const browser = await chromium.launchPersistentContext('', { ...options, args });
  await browser.addCookies([{ name: 'gage_session', value: session, url: setting('GAGE_URL'), httpOnly: true }]);
  try {
    const flags = {
      port,
      onlyCategories: CATEGORIES,
      output: ['html', 'json'],
      // The session is kept.
      disableStorageReset: true,
      logLevel: 'error',
    } satisfies Flags;
    const result = await lighthouse(setting('GAGE_URL') + path(), flags, config);
    if (!result) throw new Error('no result');
    const [html = '', json = ''] = result.report;
    writeFileSync(new URL(`${page}-${device}.html`, FOLDER), html);
    writeFileSync(new URL(`${page}-${device}.json`, FOLDER), json);
    const { scores, lacking } = read(result);
    console.log(page, device, scores, lacking);
    expect(Object.entries(scores).filter(([, score]) => score < LEAST)).toEqual([]);
  } finally {
    await browser.close();
  }
});

/** The scores of a hundred, and what cost any. */
function read({ lhr }: RunnerResult) {
  const hundred = (score: number | null) => Math.round((score ?? 0) * 100);
  const scores = Object.fromEntries(CATEGORIES.map((name) => [name, hundred(lhr.categories[name]?.score ?? null)]));
  const lacking = Object.values(lhr.audits)
    .filter(({ score, scoreDisplayMode }) => score !== null && score < 0.9 && scoreDisplayMode !== 'informative')
    .map(({ id, displayValue }) => `${id} ${displayValue ?? ''}`.trim());
  return { scores, lacking };
}
