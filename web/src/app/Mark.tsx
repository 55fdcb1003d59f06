/** Gage's mark: a bag, as in public/icon.svg, in the colours of the page. */
export function Mark({ className }: { className?: string }) {
  return (
    <svg aria-hidden viewBox="0 0 32 32" className={className}>
      <rect width="32" height="32" rx="9" className="fill-accent" />
      <path d="M9 13h14l-1.4 9.2a2 2 0 0 1-2 1.8h-7.2a2 2 0 0 1-2-1.8L9 13Z" className="fill-on-accent" />
      <path d="M12 13a4 4 0 0 1 8 0" fill="none" strokeWidth="2.2" strokeLinecap="round" className="stroke-on-accent" />
    </svg>
  );
}
