import { Search } from 'lucide-react';
import { useId } from 'react';

interface SearchFieldProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
}

export function SearchField({ label, value, onChange }: SearchFieldProps) {
  const id = useId();
  return (
    <search className="relative w-full grow sm:w-auto sm:max-w-96">
      <label className="sr-only" htmlFor={id}>
        {label}
      </label>
      <Search aria-hidden className="pointer-events-none absolute top-3.5 left-3.5 size-4 text-ink-soft" />
      <input
        id={id}
        type="search"
        value={value}
        placeholder={label}
        maxLength={100}
        onChange={(event) => onChange(event.target.value)}
        className="h-11 w-full rounded-xl border border-line-strong/50 bg-raised pr-3 pl-10 placeholder:text-ink-soft"
      />
    </search>
  );
}
