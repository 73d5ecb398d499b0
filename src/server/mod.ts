/** The door of the server: what the composition root may use. */
export { createToken } from "./access/new-token.ts";
export type { ClusterDoor, Leader } from "./cluster-door.ts";
export { FORWARDED, writeForwarded } from "./forward/forwarded.ts";
export type {
  CreatedNamespace,
  KnownNamespace,
  MainServer,
  NamespaceDoor,
  NamespaceHandler,
} from "./namespaces/door.ts";
export { type PassingHandler, passOn, unavailable } from "./namespaces/elsewhere.ts";
export type { AccessOptions, HttpServer, ServerOptions } from "./options.ts";
export { createServer } from "./server.ts";
export { adoptAuthority, namesOfMachine, openTls, ownAuthority, type TlsIdentity } from "./tls/files.ts";
