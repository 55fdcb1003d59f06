import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { type CombinedError, useClient, useSubscription } from 'urql';
import {
  HistoryDocument,
  type HistoryEventFragment,
  type HistoryFilter,
  HistoryNewsDocument,
  type HistoryNewsSubscription,
} from './generated/graphql';

const PAGE = 30;
/** Pages that are asked for at once when they have little: the server looks at a bounded stretch for each. */
const PAGES = 12;

interface Known {
  /** Newest first. */
  events: readonly HistoryEventFragment[];
  /** Where to go on; null at the beginning of the history. */
  next: string | null;
}

export interface FollowedHistory {
  /** Newest first; undefined until the first answer. */
  events: readonly HistoryEventFragment[] | undefined;
  /** How many of them came while one looked. */
  arrived: number;
  fetching: boolean;
  error: CombinedError | undefined;
  more: (() => void) | null;
}

/** Events, newest first: those that are there, page by page, and those that come. */
export function useHistory(filter: HistoryFilter, live: boolean): FollowedHistory {
  const client = useClient();
  const [known, setKnown] = useState<Known>();
  const [fetching, setFetching] = useState(true);
  const [error, setError] = useState<CombinedError>();
  const asking = useRef(0);

  const look = useCallback(
    async (before: Known | undefined) => {
      const turn = ++asking.current;
      setFetching(true);
      setError(undefined);
      const found: HistoryEventFragment[] = [];
      let from = before?.next ?? null;
      let failed: CombinedError | undefined;
      for (let page = 0; page < PAGES && found.length < PAGE; page += 1) {
        const answer = await client
          .query(HistoryDocument, { filter, first: PAGE, from }, { requestPolicy: 'network-only' })
          .toPromise();
        if (turn !== asking.current) return;
        if (!answer.data) {
          failed = answer.error;
          break;
        }
        const { events, hasMore, lookedTo } = answer.data.history;
        found.push(...events.toReversed());
        from = hasMore ? (lookedTo ?? null) : null;
        if (from === null) break;
      }
      setFetching(false);
      if (failed) setError(failed);
      else setKnown({ events: [...(before?.events ?? []), ...found], next: from });
    },
    [client, filter],
  );
  useEffect(() => {
    // The question is asked of the server; another one begins anew.
    // eslint-disable-next-line react-hooks/set-state-in-effect
    void look(undefined);
    return () => {
      asking.current += 1;
    };
  }, [look]);

  const [after, setAfter] = useState<string | null>();
  if (known && after === undefined) setAfter(known.events[0]?.cursor ?? null);
  // Without an event to go on from, only a history that was looked at whole is followed: from its beginning.
  const begun = typeof after === 'string' || (after === null && known?.next === null);
  const [{ data: news }] = useSubscription(
    { query: HistoryNewsDocument, variables: { filter, after: after ?? null }, pause: !live || !begun },
    take,
  );
  const events = useMemo(() => known && join(news ?? [], known.events), [known, news]);
  return {
    events,
    arrived: (events?.length ?? 0) - (known?.events.length ?? 0),
    fetching,
    error,
    more: known?.next ? () => void look(known) : null,
  };
}

function take(
  seen: readonly HistoryEventFragment[] | undefined,
  { history }: HistoryNewsSubscription,
): readonly HistoryEventFragment[] {
  // After a reconnection the same events are told again.
  if (seen?.some(({ cursor }) => cursor === history.cursor)) return seen;
  return [history, ...(seen ?? [])];
}

/** What was told may have been there already when it was asked. */
function join(news: readonly HistoryEventFragment[], known: readonly HistoryEventFragment[]) {
  const cursors = new Set<string>();
  return [...news, ...known].filter(({ cursor }) => !cursors.has(cursor) && cursors.add(cursor));
}
