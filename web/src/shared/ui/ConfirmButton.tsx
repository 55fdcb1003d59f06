import { useState } from 'react';
import { newIdempotencyKey } from '@/api/idempotency';
import { Button } from './Button';
import { Dialog } from './Dialog';
import { FaultNotice } from './FaultNotice';

interface ConfirmButtonProps {
  label: string;
  /** What it means, before it is done. */
  about: string;
  confirm: string;
  look?: 'primary' | 'danger';
  disabled?: boolean;
  /** Does it; throws what was in the way. Another try of the same has the same key. */
  act: (idempotencyKey: string) => Promise<void>;
}

/** Asks once more before something that cannot be taken back. */
export function ConfirmButton({ label, about, confirm, look = 'primary', disabled = false, act }: ConfirmButtonProps) {
  const [key, setKey] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<unknown>(null);

  const change = (open: boolean) => {
    setFault(null);
    setKey(open ? newIdempotencyKey() : null);
  };
  const run = async () => {
    if (key === null) return;
    setBusy(true);
    setFault(null);
    try {
      await act(key);
      change(false);
    } catch (error) {
      setFault(error);
    } finally {
      setBusy(false);
    }
  };

  return (
    <>
      <Button look={look} disabled={disabled} onClick={() => change(true)}>
        {label}
      </Button>
      <Dialog open={key !== null} onOpenChange={change} title={label} description={about}>
        {fault !== null && <FaultNotice fault={fault} className="mb-4" />}
        <Button look={look} className="w-full" busy={busy} onClick={() => void run()}>
          {confirm}
        </Button>
      </Dialog>
    </>
  );
}
