/** The door of the server: what the composition root may use. */
export { createServer } from "./server.ts";
