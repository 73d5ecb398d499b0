/**
 * What the main server, which is that of `default`, is given to serve namespaces beside it: which there are, and who serves
 * each. How a namespace is opened, and where its data is, is behind it.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { Operators } from "../access/operators.ts";
import type { CreatedNamespaceView, DeletedNamespaceView, NamespaceView } from "../../protocol/namespace.ts";

/** Serves what is asked of one namespace. The prefix of its URLs is gone already, and Host and Origin were checked. */
export interface NamespaceHandler {
  request(request: IncomingMessage, response: ServerResponse): void;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

/** What the server of a namespace has of the main one. */
export interface MainServer {
  readonly operators: Operators;
  /** Addresses of `default`, the likeliest first; none before it listens. */
  urls(): readonly string[];
  /** Serves a stream of bytes as another server's. */
  accept(stream: Duplex): void;
}

/** `path` is the server's to add. */
export type KnownNamespace = Omit<NamespaceView, "path">;
export type CreatedNamespace = Omit<CreatedNamespaceView, "path">;

export interface NamespaceDoor {
  /** `default` is the first. */
  list(): readonly KnownNamespace[];
  /**
   * Undefined: there is none of this name. One that is there and is not served yet, or not any more, has a handler that says
   * so (`unavailable`). Never asked for `default`.
   */
  find(name: string): NamespaceHandler | undefined;
  /** Makes it, with its first tokens where tokens are asked for. Throws `conflict` when it is there. The name is a good one. */
  create(name: string, who: string): Promise<CreatedNamespace>;
  /** Throws `not_found`, and `conflict` while tasks in it have not ended, unless `force`. */
  remove(name: string, options: { force: boolean }): Promise<void>;
  /** Those that were deleted and are kept for a while, the newest first. */
  deleted(): Promise<readonly DeletedNamespaceView[]>;
  /** Brings the deleted one with this id back; no namespace has the name. Throws `not_found` where nothing is kept of it. */
  undelete(id: string, name: string, who: string): Promise<KnownNamespace>;
  /** Removes for good what is kept of it. Throws `not_found`. */
  purge(id: string): Promise<void>;
}
