import type { Client } from 'urql';
import { ApiFault, answered, codeOf } from '@/api/errors';
import { SignInDocument, SignInNonceDocument } from '@/api/generated/graphql';
import type { Connected } from '@/features/wallet/WalletContext';
import type { Viewer } from './SessionContext';
import { WrongSite } from './WrongSite';

/** Signs in with Ethereum (ERC-4361): the wallet signs a message with a nonce of the server. The cookie comes with it. */
export async function signIn(client: Client, { wallet, account }: Connected): Promise<Viewer> {
  const [asked, { createSiweMessage }, { getAddress, stringToHex }] = await Promise.all([
    client.mutation(SignInNonceDocument, {}).toPromise(),
    import('viem/siwe'),
    import('viem/utils'),
  ]);
  if (asked.error) throw new ApiFault(codeOf(asked.error));
  const challenge = asked.data?.signInNonce;
  if (!challenge) throw new ApiFault('INTERNAL');
  // Wallets warn of a message that names another site than the one they see, and the server takes no other.
  if (challenge.domain !== location.host && !import.meta.env.DEV) throw new WrongSite(challenge.uri);
  const message = createSiweMessage({
    domain: challenge.domain,
    // With its checksum, as the message's grammar wants it.
    address: getAddress(account),
    statement: challenge.statement,
    uri: challenge.uri,
    version: '1',
    chainId: Number(challenge.chainId),
    nonce: challenge.nonce,
    issuedAt: new Date(challenge.issuedAt),
    expirationTime: new Date(challenge.expiresAt),
  });
  const signature = await wallet.provider.request({ method: 'personal_sign', params: [stringToHex(message), account] });
  const { data, error } = await client.mutation(SignInDocument, { input: { message, signature } }).toPromise();
  const { me } = answered(data?.signIn, error);
  if (!me) throw new ApiFault('INTERNAL');
  return me;
}
