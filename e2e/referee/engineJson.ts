/** The parts of the command line's answer that the referee compares, under one roof. */
export { conntrackJson, rulesJson } from '../../src/cli/answer.ts';
export { type HeaderJson, pathJson } from '../../src/cli/frame.ts';
