/** Whether this build offers the test chain's wallets. False in production, where their code is left out. */
declare const __TEST_WALLETS__: boolean;
