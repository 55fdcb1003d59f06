/** An address or a hash, short enough to read; all of it is in its title. */
export function ShortHash({ value }: { value: string }) {
  return (
    <span title={value} className="font-mono text-[0.92em] whitespace-nowrap">
      {shorten(value)}
    </span>
  );
}

export function shorten(value: string): string {
  return value.length <= 14 ? value : `${value.slice(0, 6)}…${value.slice(-4)}`;
}
