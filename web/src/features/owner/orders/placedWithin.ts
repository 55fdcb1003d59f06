/** The days between which orders were placed, `YYYY-MM-DD`; empty where there is no bound. */
export interface DaySpan {
  from: string;
  to: string;
}

const DAY = /^[2-9][0-9]{3}-[0-9]{2}-[0-9]{2}$/;

/** Whether it is one that the API takes: while a year is typed, others pass by. */
export function isDay(day: string): boolean {
  return DAY.test(day);
}

/** The same as the API asks for it: from the beginning of the first day to the end of the last, where somebody is. */
export function placedWithin({ from, to }: DaySpan): { placedFrom: string | null; placedBefore: string | null } {
  return { placedFrom: midnight(from, 0), placedBefore: midnight(to, 1) };
}

/** The beginning of a day, or of one some days later. Days are not all of 24 hours. */
function midnight(day: string, later: number): string | null {
  if (!isDay(day)) return null;
  const begins = new Date(`${day}T00:00`);
  if (Number.isNaN(begins.getTime())) return null;
  begins.setDate(begins.getDate() + later);
  return begins.toISOString();
}
