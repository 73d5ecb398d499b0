/** Publishing with the header of a session. The only file here that makes headers; loaded with the client. */
import { headers, type NatsConnection } from "@nats-io/transport-node";
import { HEADER } from "./channel.ts";

export type { Msg, NatsConnection, Subscription } from "@nats-io/transport-node";

export interface Publication {
  subject: string;
  data: string | Uint8Array;
  /** Of the session's numbering. */
  header?: string | undefined;
  /** Where NATS says that nobody listens. */
  reply?: string | undefined;
}

/** Hands it to the client, which sends it in order. Nothing happens on a connection that is closed. */
export function publish(connection: NatsConnection, { subject, data, header, reply }: Publication): void {
  if (connection.isClosed()) return;
  let own: ReturnType<typeof headers> | undefined;
  if (header !== undefined) {
    own = headers();
    own.set(HEADER, header);
  }
  connection.publish(subject, data, { ...(own && { headers: own }), ...(reply !== undefined && { reply }) });
}
