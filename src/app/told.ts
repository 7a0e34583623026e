/**
 * What tells the walk in words. One chunk, fetched once the stage stands: the sentences in two languages weigh more than the picture.
 */
export { StopCaption } from './caption/StopCaption.tsx';
export { VerdictLine } from './caption/VerdictLine.tsx';
export { Timeline } from './timeline/Timeline.tsx';
export { decider } from '../text/headline.ts';
