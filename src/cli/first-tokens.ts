/** What a server that asks for tokens says of itself when it starts. */
import { groupFingerprint } from "../base/fingerprint.ts";
import { joinText, useText } from "./commands/token-create.ts";
import type { Running } from "./node-port.ts";

/** By what others know it is the right one. */
export function trustFacts({ fingerprint }: Running): [string, string][] {
  return fingerprint === undefined ? [] : [["fingerprint", groupFingerprint(fingerprint)]];
}

/** The first tokens: nobody can show them again. */
export function firstText({ first, urls = [], fingerprint, url = "" }: Running): string {
  if (first === undefined) return "";
  const where = { urls: urls.length === 0 ? [url] : urls, ...(fingerprint !== undefined && { fingerprint }) };
  return [
    "",
    "This server asks for tokens. These two are shown once; on this machine, `octopus` needs none.",
    "",
    `An admin token. ${useText(first.admin, where)}`,
    "",
    `A join token. ${joinText(first.join)}`,
    "",
    "`octopus token create` makes more, `octopus token revoke` takes them back.",
    "",
  ].join("\n");
}
