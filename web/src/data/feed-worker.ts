/** The hub of all tabs, as a shared worker. It lies beside the files of its page, and so in the same namespace. */
import { Client } from "@octopus/client/client.ts";
import { createFetchTransport } from "@octopus/client/transport-fetch.ts";
import { FeedHub } from "./feed-hub.ts";

const address = self.location.href.replace(/\/ui\/(?:assets|src)\/.*$/, "");
const hub = new FeedHub(new Client(address, createFetchTransport(address)));

self.addEventListener("connect", (event) => {
  const [port] = (event as MessageEvent).ports;
  if (port !== undefined) hub.join(port);
});
