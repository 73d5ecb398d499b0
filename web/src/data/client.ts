/** The client of the page. It talks to the server that sent the page, in its namespace, and sends its cookie by itself. */
import { Client } from "@octopus/client/client.ts";
import { createFetchTransport } from "@octopus/client/transport-fetch.ts";
import { address, addressOf, DEFAULT_NAMESPACE, namespace } from "./here.ts";

export const client = clientOf(address);

/** For what only `default` is asked: which namespaces there are. */
export const mainClient = namespace === DEFAULT_NAMESPACE ? client : clientOf(addressOf(DEFAULT_NAMESPACE));

function clientOf(url: string): Client {
  return new Client(url, createFetchTransport(url));
}
