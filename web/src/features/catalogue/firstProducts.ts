/** What the grid asks for when it is opened: a page of it. */
export const FIRST_PRODUCTS = { first: 24, search: null, after: null };
