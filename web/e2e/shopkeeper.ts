import type { Browser } from 'playwright-core';
import { DESK, Visitor } from './visitor';

/** Someone who runs a shop in the browser, in English. */
export class Shopkeeper {
  private constructor(readonly me: Visitor) {}

  /** Signs in and opens a shop of the wallet's own. */
  static async opens(browser: Browser, wallet: number, name: string, viewport: Viewport = DESK): Promise<Shopkeeper> {
    const me = await Visitor.comes(browser, { as: wallet, viewport });
    const keeper = new Shopkeeper(me);
    await me.opens('/owner/open');
    await me.signsIn();
    await keeper.field('Name in Korean').fill(`${name} 가게`);
    await keeper.field('Name in English').fill(name);
    await me.button('Open the shop').click();
    await me.page.getByRole('heading', { name: 'Overview' }).waitFor();
    return keeper;
  }

  /** The shop's id. */
  shop = () => decodeURIComponent(new URL(this.me.page.url()).pathname.split('/').at(2) ?? '');
  /** A product's id, by its address at the customers' side. */
  productOf = (path: string) => decodeURIComponent(path.split('/').at(-1) ?? '');
  field = (label: string) => this.me.page.getByLabel(label, { exact: true });
  /** Goes to one of the shop's pages. */
  tab = (name: string) =>
    this.me.page.getByRole('navigation', { name: 'Pages of the shop' }).getByRole('link', { name }).click();
  heading = (name: string) => this.me.page.getByRole('heading', { name, exact: true }).waitFor();

  /** Lists a product that can be ordered at once; its address at the customers' side. */
  async sells(name: string, price: string, pieces: number): Promise<string> {
    const { me } = this;
    await this.tab('Products');
    await me.page.getByRole('link', { name: 'New product' }).first().click();
    await this.heading('New product');
    await this.field('Name in Korean').fill(`${name} 상품`);
    await this.field('Name in English').fill(name);
    await this.field('Priced in').selectOption({ label: 'ETH · Test chain' });
    await this.field('Price').fill(price);
    await this.field('Description in English').fill(`${name}, made by hand.`);
    await me.button('List it').click();
    await this.heading(name);
    await this.receives(pieces);
    await me.button('Put it on sale').click();
    await me.button('Take it off sale').waitFor();
    const product = new URL(me.page.url()).pathname.split('/').at(-1) ?? '';
    return `/products/${product}`;
  }

  async receives(pieces: number): Promise<void> {
    await this.field('Pieces that came').fill(String(pieces));
    await this.me.button('Take into stock').click();
    await this.me.page.waitForFunction(() => {
      const field = [...document.querySelectorAll('label')].find((label) => label.textContent === 'Pieces that came');
      return field?.control instanceof HTMLInputElement && field.control.value === '';
    });
  }
}

type Viewport = NonNullable<Parameters<Browser['newContext']>[0]>['viewport'];

/** Orders one piece of a product as a customer, pays, and follows the payment until it counts; the order's id. */
export async function buys(customer: Visitor, product: string): Promise<string> {
  await customer.opens(product);
  await customer.button('Add to cart').click();
  await customer.sees('1 is in your cart');
  const order = await customer.orders();
  await customer.pays();
  return order;
}
