import { useQuery } from 'urql';
import { DisputesDocument } from '@/api/generated/graphql';

const PAGE = 20;

/** The disputes that wait for this wallet's decision, as their arbiter. */
export function useDisputes(after: string | null = null, pause = false) {
  const [answer] = useQuery({ query: DisputesDocument, variables: { first: PAGE, after }, pause });
  return answer;
}
