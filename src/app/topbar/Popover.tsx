import { Suspense, useEffect, useId, useRef, useState, type ReactNode, type RefObject } from 'react';

interface Props {
  /** What the button shows. */
  readonly label: ReactNode;
  /** What the button is called, when its content does not say it. */
  readonly name?: string;
  readonly className: string;
  /** Name of the panel. */
  readonly title: string;
  readonly align?: 'start' | 'end';
  /** Opened from elsewhere, e.g. by a key. */
  readonly open?: boolean;
  readonly onOpenChange?: (open: boolean) => void;
  readonly children: (close: () => void) => ReactNode;
}

/** A button with a small panel under it. Escape and a press elsewhere close it; focus goes in and comes back. */
export function Popover({ label, name, className, title, align = 'start', open, onOpenChange, children }: Props) {
  const [ownOpen, setOwnOpen] = useState(false);
  const shown = open ?? ownOpen;
  const id = useId();
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  const setShown = (next: boolean) => {
    setOwnOpen(next);
    onOpenChange?.(next);
  };
  const close = () => {
    setShown(false);
    button.current?.focus();
  };

  useEffect(() => {
    if (!shown) return;
    const onPress = (event: PointerEvent) => {
      if (event.target instanceof Node && !root.current?.contains(event.target)) {
        setOwnOpen(false);
        onOpenChange?.(false);
      }
    };
    addEventListener('pointerdown', onPress);
    return () => removeEventListener('pointerdown', onPress);
  }, [shown, onOpenChange]);

  return (
    <div
      className="pop"
      ref={root}
      onKeyDown={(event) => {
        if (event.key === 'Escape' && shown) {
          event.stopPropagation();
          close();
        }
      }}
      onBlur={(event) => {
        // Tab out of the panel closes it; a press on something that takes no focus does not.
        if (shown && event.relatedTarget instanceof Node && !root.current?.contains(event.relatedTarget)) setShown(false);
      }}
    >
      <button ref={button} type="button" className={className} aria-label={name} aria-haspopup="dialog" aria-expanded={shown} aria-controls={shown ? id : undefined} onClick={() => setShown(!shown)}>
        {label}
      </button>
      {shown && (
        <div ref={panel} id={id} className={`poppanel ${align}`} role="dialog" aria-label={title}>
          <Suspense fallback={null}>
            {children(close)}
            <FocusFirst within={panel} />
          </Suspense>
        </div>
      )}
    </div>
  );
}

/** Puts the focus into the panel as soon as its content is there, which may have to be fetched. */
function FocusFirst({ within }: { readonly within: RefObject<HTMLElement | null> }) {
  useEffect(() => {
    within.current?.querySelector<HTMLElement>('[data-autofocus], [aria-checked="true"], input, button')?.focus();
  }, [within]);
  return null;
}
