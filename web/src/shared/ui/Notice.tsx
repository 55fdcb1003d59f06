import { cva, type VariantProps } from 'class-variance-authority';
import { CircleAlert, CircleCheck, Info, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';

const notice = cva('flex gap-3 rounded-xl px-4 py-3 text-sm leading-relaxed', {
  variants: {
    tone: {
      info: 'bg-sunken text-ink',
      good: 'bg-good-soft text-good',
      warn: 'bg-warn-soft text-warn',
      bad: 'bg-bad-soft text-bad',
    },
  },
});

const ICONS = { info: Info, good: CircleCheck, warn: TriangleAlert, bad: CircleAlert };

interface NoticeProps extends Required<NonNullableVariants> {
  children: ReactNode;
  /** What can be done about it. */
  action?: ReactNode;
  className?: string;
}

type NonNullableVariants = {
  [Name in keyof VariantProps<typeof notice>]: NonNullable<VariantProps<typeof notice>[Name]>;
};

/** Something to know, where it happens. What is wrong is read out at once, the rest when there is time. */
export function Notice({ tone, children, action, className }: NoticeProps) {
  const Icon = ICONS[tone];
  return (
    <div role={tone === 'bad' ? 'alert' : 'status'} className={notice({ tone, className })}>
      <Icon aria-hidden className="mt-0.5 size-4 shrink-0" />
      <div className="flex min-w-0 grow flex-wrap items-center gap-x-3 gap-y-2">
        <div className="min-w-0 grow basis-48">{children}</div>
        {action !== undefined && <div className="shrink-0">{action}</div>}
      </div>
    </div>
  );
}
