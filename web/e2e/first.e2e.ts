import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launch } from './browser';
import { Customer } from './customer';
import { Owner } from './owner';
import { Visitor } from './visitor';

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

test('what a page needs first is asked once, and before its script runs', async () => {
  const [owner, customer] = [await Owner.signIn(), await Customer.signIn()];
  const product = await owner.sells('Incense burner', { amount: '45000000000000000' }, 5);
  const order = await customer.orders(await owner.shop(), product);
  const me = await Visitor.comes(browser);
  let seen: string[] = [];
  me.page.on('request', (request) => {
    const query = request.method() === 'POST' ? /(?:query|mutation) (\w+)/.exec(request.postData() ?? '') : null;
    const name = query?.[1] ?? /assets\/(index)-/.exec(request.url())?.[1];
    if (name !== undefined) seen.push(name);
  });
  const asks = async (path: string, questions: string[], there: string | RegExp) => {
    seen = [];
    await me.opens(path);
    await me.sees(there);
    // The page's script is fetched while the document is read, and run when all is asked.
    // Each once; what the page before still asked, when it was idle, is not of this one.
    expect(seen.filter((name) => questions.includes(name))).toEqual(questions);
  };
  await asks('/', ['Viewer', 'Products'], 'Incense burner');
  await asks(`/products/${encodeURIComponent(product)}`, ['Viewer', 'Product'], /left/);
  await me.signsIn();
  await asks(`/orders/${encodeURIComponent(order)}`, ['Viewer', 'Order', 'Chains'], 'Incense burner');
  await me.leaves();
});
