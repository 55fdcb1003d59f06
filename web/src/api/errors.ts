import type { CombinedError } from 'urql';
import type { ErrorCode, UserErrorFragment } from './generated/graphql';

/** What went wrong, for the page's own words: the API's code, or that the server was not reached. */
export type Fault = ErrorCode | 'NETWORK';

/** A request to the API that came to nothing. */
export class ApiFault extends Error {
  constructor(
    readonly fault: Fault,
    /** Of a mutation that was refused: all that was in the way. */
    readonly userErrors: readonly UserErrorFragment[] = [],
  ) {
    super(fault);
    this.name = 'ApiFault';
  }
}

/** The code of an error that stands outside of a mutation's business. */
export function codeOf(error: CombinedError): Fault {
  if (error.networkError) return 'NETWORK';
  const code = error.graphQLErrors[0]?.extensions['code'];
  return typeof code === 'string' ? (code as ErrorCode) : 'INTERNAL';
}

/** What a mutation gave, or why it gave nothing, thrown. */
export function answered<Payload extends { readonly userErrors: readonly UserErrorFragment[] }>(
  payload: Payload | undefined,
  error: CombinedError | undefined,
): Payload {
  if (error) throw new ApiFault(codeOf(error));
  if (payload === undefined) throw new ApiFault('INTERNAL');
  const [first] = payload.userErrors;
  if (first) throw new ApiFault(first.code, payload.userErrors);
  return payload;
}
