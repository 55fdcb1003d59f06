import { Component, type ReactNode, Suspense } from 'react';
import i18n from 'i18next';
import { Button } from '@/shared/ui/Button';
import { Notice } from '@/shared/ui/Notice';
import { Skeleton } from '@/shared/ui/Skeleton';

/** A page that fails says so, and the frame around it stays. A script that cannot be fetched is such a failure too. */
export class Boundary extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override componentDidCatch(error: unknown) {
    console.error(error);
  }

  override render() {
    if (!this.state.failed) {
      return <Suspense fallback={<Skeleton className="h-64 rounded-2xl" />}>{this.props.children}</Suspense>;
    }
    return (
      <Notice
        tone="bad"
        action={
          <Button look="secondary" size="small" onClick={() => location.reload()}>
            {i18n.t('common.reload')}
          </Button>
        }
      >
        {i18n.t('common.pageFailed')}
      </Notice>
    );
  }
}
