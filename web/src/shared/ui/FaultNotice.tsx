import { Notice } from './Notice';
import { useFaultWords } from './useFaultWords';

/** What went wrong, in words. */
export function FaultNotice({ fault, className }: { fault: unknown; className?: string }) {
  const words = useFaultWords();
  return (
    <Notice tone="bad" {...(className !== undefined && { className })}>
      {words(fault)}
    </Notice>
  );
}
