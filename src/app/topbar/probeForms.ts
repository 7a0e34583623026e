/** What opens under the words of the probe, as one chunk. */
export { PlacePicker } from './PlacePicker.tsx';
export { ProtocolForm } from './ProtocolForm.tsx';
