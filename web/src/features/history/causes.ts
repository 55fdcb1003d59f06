import type { HistoryEventFragment } from './generated/graphql';

export interface Caused {
  readonly event: HistoryEventFragment;
  readonly causedBy?: string | null | undefined;
}

/** An event with what followed from it. */
export interface Node {
  event: HistoryEventFragment;
  led: Node[];
}

/** The list as trees: what began something, with all that came of it, in the order of the history. */
export function trees(caused: readonly Caused[]): Node[] {
  const nodes = new Map<string, Node>(caused.map(({ event }) => [event.cursor, { event, led: [] }]));
  const roots: Node[] = [];
  for (const { event, causedBy } of caused) {
    const node = nodes.get(event.cursor);
    if (!node) continue;
    const cause = causedBy && causedBy !== event.cursor ? nodes.get(causedBy) : undefined;
    (cause?.led ?? roots).push(node);
  }
  return roots;
}
