/** Seconds as a clock shows them: `14:05`, or `1:02:03` from an hour on. */
export function clock(secs: number): string {
  const two = (count: number) => count.toString().padStart(2, '0');
  const [hours, minutes, seconds] = [Math.floor(secs / 3_600), Math.floor(secs / 60) % 60, secs % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
}
