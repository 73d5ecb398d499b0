/** What the certificate of a server at an https address says of it. */
import { lookAt } from "../../trust/pin.ts";

const ANSWER_MS_MAX = 10_000;

/** Fingerprint of the authority behind it; undefined when this machine trusts the certificate anyway. */
export async function authorityOf(url: string): Promise<string | undefined> {
  const { fingerprint } = await lookAt(new URL(url));
  return (await isTrustedHere(url)) ? undefined : fingerprint;
}

function isTrustedHere(url: string): Promise<boolean> {
  const { request } = process.getBuiltinModule("node:https");
  return new Promise((resolve) => {
    const sent = request(new URL("/livez", url), { timeout: ANSWER_MS_MAX, agent: false }, (response) => {
      response.destroy();
      resolve(true);
    });
    sent.on("timeout", () => sent.destroy());
    sent.on("error", () => resolve(false));
    sent.end();
  });
}
