import { Component, type ReactNode } from 'react';
import { usePage } from './store/store.ts';
import { stringsIn } from './strings.ts';

interface State {
  readonly message: string | undefined;
}

/** The page is never blank: when a part of it breaks, it says so and offers to start again. */
export class PageBoundary extends Component<{ readonly children: ReactNode }, State> {
  override state: State = { message: undefined };

  static getDerivedStateFromError(error: unknown): State {
    return { message: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
  }

  override render(): ReactNode {
    const { message } = this.state;
    if (message === undefined) return this.props.children;
    const t = stringsIn(usePage.getState().lang);
    const restart = (keepLink: boolean) => {
      if (!keepLink) location.hash = '';
      else location.hash = location.hash.replace(/([?&])e=[^&]*&?/, '$1');
      location.reload();
    };
    return (
      <main className="broken" role="alert">
        <h1>{t.pageFailed}</h1>
        <p>{t.pageFailedText}</p>
        <pre className="mono">{message}</pre>
        <p className="links">
          <button type="button" className="btn" onClick={() => restart(true)}>
            {t.startAgain}
          </button>
          <button type="button" className="btn sec" onClick={() => restart(false)}>
            {t.openDefault}
          </button>
        </p>
      </main>
    );
  }
}
