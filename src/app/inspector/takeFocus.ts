/** A ref for what comes in the place of the button that was pressed: without it the focus would be lost with the button. */
export const takeFocus = (element: HTMLElement | null): void => element?.focus();
