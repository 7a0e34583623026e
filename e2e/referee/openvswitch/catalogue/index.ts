import type { OvsCase } from '../case.ts';
import { actionBytes } from './actionBytes.ts';
import { actions } from './actions.ts';
import { choices } from './choices.ts';
import { fields } from './fields.ts';
import { stateful } from './stateful.ts';
import { tables } from './tables.ts';

/** What Open vSwitch does, one behaviour a case. */
export const ovsCatalogue: readonly OvsCase[] = [...fields, ...actions, ...tables, ...actionBytes, ...stateful, ...choices];
