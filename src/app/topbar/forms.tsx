import { type ComponentProps, lazy } from 'react';
import type { PlacePicker as PlacePickerNow } from './PlacePicker.tsx';
import type { ProtocolForm as ProtocolFormNow } from './ProtocolForm.tsx';

/**
 * The forms of the probe are fetched after the first view. Once here they are shown at once, without the pause of a lazy component in
 * which what is typed would go nowhere.
 */
let here: { readonly PlacePicker: typeof PlacePickerNow; readonly ProtocolForm: typeof ProtocolFormNow } | undefined;

/** Fetches the forms; rejects when that fails. */
export async function loadForms() {
  here ??= await import('./probeForms.ts');
  return here;
}

const LazyPicker = lazy(() => loadForms().then((m) => ({ default: m.PlacePicker })));
const LazyForm = lazy(() => loadForms().then((m) => ({ default: m.ProtocolForm })));

export function PlacePicker(props: ComponentProps<typeof PlacePickerNow>) {
  return here ? <here.PlacePicker {...props} /> : <LazyPicker {...props} />;
}

export function ProtocolForm(props: ComponentProps<typeof ProtocolFormNow>) {
  return here ? <here.ProtocolForm {...props} /> : <LazyForm {...props} />;
}
