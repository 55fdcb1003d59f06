import { type ReactNode, useState } from 'react';
import { Button } from '@/shared/ui/Button';
import { SignInDialog } from './SignInDialog';

/** Opens the list of wallets to sign in with. */
export function SignInButton({
  children,
  className,
  size,
}: {
  children: ReactNode;
  className?: string;
  size?: 'normal' | 'small';
}) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button onClick={() => setOpen(true)} className={className} size={size}>
        {children}
      </Button>
      <SignInDialog open={open} onOpenChange={setOpen} />
    </>
  );
}
