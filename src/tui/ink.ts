/**
 * The door to Ink and React: no other file imports them. They are no run-time dependencies: the package carries this file
 * as one bundle with them inside (`scripts/bundle-ink.ts`), which also starts three times quicker than their modules.
 */
export { Box, render, renderToString, Text } from "ink";
export type { Instance } from "ink";
export { createElement } from "react";
export type { ReactElement } from "react";
