/** The door of the server: what the composition root may use. */
export { createServer } from "./server.ts";
export type { CompileOptions, HttpServer, Limits, Log, ServerOptions } from "./options.ts";
