/**
 * What a server says of itself on the network. Anybody there can say anything, so what is read here is bounded, holds no
 * signs that a terminal would obey, and is nothing to trust.
 */
import { FINGERPRINT_FORM, hostInUrl } from "./forms.ts";

/** Type of the service: `_octopus._tcp`. */
export const SERVICE_TYPE = "octopus";

/** A server that announces itself, perhaps on several networks. */
export interface Announced {
  /** Id of its data directory; the same server whatever its addresses. */
  cluster: string;
  name: string;
  /** What it says that its certificate authority is; absent: it speaks plain HTTP. */
  fingerprint?: string | undefined;
  urls: string[];
}

const TEXT_MAX = 128;
const ADDRESSES_MAX = 16;
/** Of one server, whoever says that they are. */
const URLS_MAX = 32;

/** What the record holds; undefined when it is none of ours. `from` is the address that it came from. */
export function readAnnounced(txt: Readonly<Record<string, unknown>>, from: string | undefined): Announced | undefined {
  const { v, id, name, fp, port, addr } = txt;
  if (v !== "1" || !isText(id) || !isText(name)) return undefined;
  const hasFingerprint = typeof fp === "string" && fp !== "";
  if (hasFingerprint && !FINGERPRINT_FORM.test(fp)) return undefined;
  const number = Number(port);
  if (!Number.isInteger(number) || number < 1 || number > 65_535) return undefined;
  const said = typeof addr === "string" ? addr.split(",").slice(0, ADDRESSES_MAX) : [];
  const hosts = [...said, ...(from === undefined ? [] : [from])].map(hostInUrl).filter((host) => host !== undefined);
  if (hosts.length === 0) return undefined;
  const scheme = hasFingerprint ? "https" : "http";
  return {
    cluster: id,
    name,
    fingerprint: hasFingerprint ? fp : undefined,
    urls: [...new Set(hosts)].map((host) => `${scheme}://${host}:${number}`),
  };
}

/** One server seen twice: on two networks, or again. Another fingerprint is another server, whatever its id. */
export function merge(known: Announced[], seen: Announced): Announced[] {
  const same = known.find(({ cluster, fingerprint }) => cluster === seen.cluster && fingerprint === seen.fingerprint);
  if (same === undefined) return [...known, seen];
  const urls = [...new Set([...same.urls, ...seen.urls])].slice(0, URLS_MAX);
  return known.map((one) => (one === same ? { ...one, urls } : one));
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.length <= TEXT_MAX && /^[\x21-\x7e]+$/.test(value);
}
