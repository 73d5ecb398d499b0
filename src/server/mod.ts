/** The door of the server: what the composition root may use. */
export { createToken } from "./access/new-token.ts";
export type { AccessOptions, HttpServer } from "./options.ts";
export { createServer } from "./server.ts";
export { namesOfMachine, openTls, type TlsIdentity } from "./tls/files.ts";
