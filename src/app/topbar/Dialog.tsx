import { useLayoutEffect, useRef, type ReactNode } from 'react';
import { Icon } from './Icon.tsx';

interface Props {
  readonly title: string;
  readonly className?: string;
  readonly closeName: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** A modal dialog: the browser keeps focus inside and Escape closes it; so does a press beside it. */
export function Dialog({ title, className, closeName, onClose, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  // Closed before it leaves the document: only then does the browser give the focus back to whatever opened it.
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    // The first thing to use, else the heading: a ring around the close button would say that closing is what to do.
    (element?.querySelector<HTMLElement>('[data-autofocus]') ?? element?.querySelector('h2'))?.focus();
    return () => element?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      className={`dialog ${className ?? ''}`}
      aria-label={title}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => {
        if (event.target === dialog.current) onClose();
      }}
    >
      <div className="dialogbody">
        <header className="dialoghead">
          <h2 tabIndex={-1}>{title}</h2>
          <button type="button" className="iconbtn" aria-label={closeName} onClick={onClose}>
            <Icon name="x" />
          </button>
        </header>
        {children}
      </div>
    </dialog>
  );
}
