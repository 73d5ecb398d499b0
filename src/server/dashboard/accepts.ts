/** What a request says that it takes: a page, and which encodings of it. */
import type { IncomingHttpHeaders } from "node:http";

export const ENCODINGS = { br: ".br", gzip: ".gz" } as const;
export type Encoding = keyof typeof ENCODINGS;

/** It is a browser that was sent here by a person. */
export function takesPage({ accept }: IncomingHttpHeaders): boolean {
  return accept !== undefined && /\btext\/html\b/i.test(accept);
}

/** The encodings that may be answered with, the best first. */
export function encodingsOf({ "accept-encoding": header }: IncomingHttpHeaders): Encoding[] {
  if (typeof header !== "string") return [];
  const taken = new Set<string>();
  for (const part of header.toLowerCase().split(",")) {
    const [name = "", ...parameters] = part.split(";").map((one) => one.trim());
    if (!parameters.some((one) => /^q=0(\.0*)?$/.test(one))) taken.add(name);
  }
  return (Object.keys(ENCODINGS) as Encoding[]).filter((name) => taken.has(name));
}
