import { lazy, Suspense, useState } from 'react';
import { whenIdle } from '@/shared/whenIdle';
import type { DialogProps } from './DialogWindow';

const bring = () => import('./DialogWindow');
whenIdle(() => void bring().catch(() => undefined));
const DialogWindow = lazy(() => bring().then((file) => ({ default: file.DialogWindow })));

/** A dialog. No page opens with one, so its script comes after the page's. */
export function Dialog(props: DialogProps) {
  const [used, setUsed] = useState(false);
  if (props.open && !used) setUsed(true);
  // One that was open stays, so that it closes as it should.
  if (!used) return null;
  return (
    <Suspense>
      <DialogWindow {...props} />
    </Suspense>
  );
}
