/** Whether two addresses are the same: wallets write them in lower case, the API with the checksum of EIP-55. */
export function sameAddress(one: string | undefined, other: string | undefined): boolean {
  return one !== undefined && one.toLowerCase() === other?.toLowerCase();
}
