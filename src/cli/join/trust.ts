/**
 * Whether a server that nobody named, or that nobody vouches for, is to be trusted. A worker runs whatever its server says,
 * so the answer is a person's: given now, given before, or given with the command.
 */
import { createInterface } from "node:readline/promises";
import { OctopusError } from "../../base/errors.ts";
import { groupFingerprint } from "../../protocol/join.ts";
import type { TrustedServer, TrustedServers } from "../../worker/trusted-servers.ts";
import { EXIT } from "../exit-codes.ts";

export interface TrustOptions {
  /** Said with the command: only a server with this one. */
  fingerprint?: string | undefined;
  /** Whatever answers is trusted, this once and from then on. */
  trustsFirst: boolean;
  trusted: TrustedServers;
  say: (text: string) => void;
}

/** Returns when the server is trusted; throws with the ways to go on when it is not. */
export async function settleTrust(server: TrustedServer, options: TrustOptions): Promise<void> {
  const { fingerprint, trustsFirst, trusted, say } = options;
  if (fingerprint !== undefined) {
    if (server.fingerprint === fingerprint) return;
    throw new OctopusError("forbidden", otherServer(server, fingerprint));
  }
  if (trusted.find(server) === undefined) {
    const seen = describe(server);
    if (trustsFirst) say(`Trusting ${seen}, from now on`);
    else if (!process.stdin.isTTY || !process.stderr.isTTY) throw new OctopusError("forbidden", notTrusted(server));
    else if (!(await ask(seen))) throw new OctopusError("forbidden", "the server was not trusted; nothing was started");
  }
  trusted.remember(server);
}

function describe({ name, urls, fingerprint }: TrustedServer): string {
  const who = name === undefined ? `the server at ${urls[0]}` : `the server ${name} at ${urls[0]}`;
  if (fingerprint === null)
    return `${who}, whose connection is not encrypted: others on the network can read and change it`;
  return `${who}\n  with the fingerprint ${groupFingerprint(fingerprint)}`;
}

async function ask(what: string): Promise<boolean> {
  const asker = createInterface({ input: process.stdin, output: process.stderr });
  asker.once("SIGINT", () => process.exit(EXIT.interrupted));
  try {
    const question = `Found ${what}\nIt may run any command on this machine. The server printed its fingerprint when it started.\nTrust this server? [y/N] `;
    return /^y(es)?$/i.test((await asker.question(question)).trim());
  } finally {
    asker.close();
  }
}

function notTrusted(server: TrustedServer): string {
  return [
    `found ${describe(server)},`,
    "and nobody has said that it is to be trusted. A server may run any command on its workers. The ways to go on:",
    "  octopus worker --join TOKEN          the token comes from: octopus token create --role worker",
    ...(server.fingerprint === null
      ? []
      : ["  octopus worker --trust FINGERPRINT   when it is the one that the server printed at its start"]),
    "  octopus worker --trust-first         trust whatever answers first, on a network where only friends are",
  ].join("\n");
}

function otherServer({ urls, fingerprint }: TrustedServer, wanted: string): string {
  const shown = fingerprint === null ? "it has none" : `its fingerprint is ${groupFingerprint(fingerprint)}`;
  return `the server at ${urls[0]} is not the one that was to be trusted: ${shown}, not ${groupFingerprint(wanted)}`;
}
