/** The places of people among the test chain's accounts. */
export const PEOPLE = { owner: 0, customer: 1, secondCustomer: 2, auditor: 3, arbiter: 5 } as const;
