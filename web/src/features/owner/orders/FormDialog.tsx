import { type SubmitEvent, type ReactNode, useState } from 'react';
import { newIdempotencyKey } from '@/api/idempotency';
import { Button } from '@/shared/ui/Button';
import { Dialog } from '@/shared/ui/Dialog';
import { FaultNotice } from '@/shared/ui/FaultNotice';

interface FormDialogProps {
  label: string;
  about: string;
  submit: string;
  look?: 'primary' | 'danger';
  ready: boolean;
  /** Does it; throws what was in the way. */
  act: (idempotencyKey: string) => Promise<void>;
  children: ReactNode;
}

/** A button, and what has to be filled in before it is done. */
export function FormDialog({ label, about, submit, look = 'primary', ready, act, children }: FormDialogProps) {
  const [open, setOpen] = useState(false);
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<unknown>(null);
  const change = (next: boolean) => {
    setFault(null);
    setOpen(next);
  };
  const run = async (event: SubmitEvent) => {
    event.preventDefault();
    if (!ready || busy) return;
    setBusy(true);
    setFault(null);
    try {
      await act(newIdempotencyKey());
      change(false);
    } catch (refused) {
      setFault(refused);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <Button look={look} onClick={() => change(true)}>
        {label}
      </Button>
      <Dialog open={open} onOpenChange={change} title={label} description={about}>
        <form className="space-y-4" onSubmit={(event) => void run(event)} noValidate>
          {children}
          {fault !== null && <FaultNotice fault={fault} />}
          <Button type="submit" look={look} className="w-full" busy={busy} disabled={busy || !ready}>
            {submit}
          </Button>
        </form>
      </Dialog>
    </>
  );
}
