/**
 * The audit log of a cluster: each server keeps the rows of what it was asked itself, as a flood of refusals at one is not to
 * become one at all. Who reads it at any of them is shown the rows of all.
 *
 * AA1  Every row says of which server it is; a server that does not answer is named, so that nobody takes a part for the whole.
 * AA2  A page continues where the one before ended at each server.
 */
import { request as httpRequest, type IncomingMessage } from "node:http";
import type { AuditView } from "../../protocol/access.ts";
import type { Page } from "../../protocol/views.ts";
import type { ClusterDoor } from "../cluster-door.ts";
import { BASE } from "../route.ts";
import { asSocket } from "./agents.ts";
import { FORWARDED, type Forwarded, writeForwarded } from "./forwarded.ts";
import { passedOn } from "./headers.ts";

/** How long another server is waited for. */
const ANSWER_MS = 2000;
const BYTES_MAX = 16 * 1024 * 1024;
const MARK = "all.";

export interface AuditOfAll extends Page<AuditView> {
  /** Servers whose rows are not among these, because they did not answer. */
  missing?: string[];
}

export interface AuditQuestion {
  cluster: ClusterDoor;
  /** Of the namespace. */
  prefix: string;
  request: IncomingMessage;
  forwarded: Forwarded;
  limit: number;
  cursor: string | undefined;
  /** The rows of this server. */
  own(cursor: string | undefined): Page<AuditView>;
}

interface OfServer {
  server: string;
  cursor: string | undefined;
  page: Page<AuditView>;
}

/** By server the cursor from which to go on; empty: from the newest. Those that are not named have no more. */
type Places = Record<string, string>;

export async function auditOfAll(question: AuditQuestion): Promise<AuditOfAll> {
  const { cluster, limit } = question;
  const places = placesOf(question.cursor);
  const known = [cluster.server, ...(await cluster.others())];
  const servers = places === undefined ? known : known.filter((server) => places[server] !== undefined);
  const missing: string[] = [];
  const pages = await Promise.all(
    servers.map(async (server): Promise<OfServer> => {
      const cursor = places?.[server] || undefined;
      try {
        const page = server === cluster.server ? question.own(cursor) : await ask(question, server, cursor);
        return { server, cursor, page };
      } catch (error) {
        if (server === cluster.server) throw error;
        missing.push(server);
        return { server, cursor, page: { items: [] } };
      }
    }),
  );
  const items = pages
    .flatMap(({ server, page }) => page.items.map((row) => ({ ...row, server })))
    .sort((a, b) => (a.at === b.at ? b.id - a.id : a.at < b.at ? 1 : -1))
    .slice(0, limit);
  const next: Places = {};
  for (const { server, cursor = "", page } of pages) {
    const shown = items.filter((row) => row.server === server);
    if (shown.length < page.items.length) next[server] = shown.length === 0 ? cursor : String(shown.at(-1)!.id);
    else if (page.next !== undefined) next[server] = page.next;
  }
  return {
    items,
    ...(Object.keys(next).length > 0 && { next: MARK + Buffer.from(JSON.stringify(next)).toString("base64url") }),
    ...(missing.length > 0 && { missing: missing.sort() }),
  };
}

/** Undefined: from the newest of all. */
function placesOf(cursor: string | undefined): Places | undefined {
  if (cursor?.startsWith(MARK) !== true) return undefined;
  try {
    return JSON.parse(Buffer.from(cursor.slice(MARK.length), "base64url").toString()) as Places;
  } catch {
    return {};
  }
}

function ask(question: AuditQuestion, server: string, cursor: string | undefined): Promise<Page<AuditView>> {
  const { cluster, prefix, request, forwarded, limit } = question;
  const query = new URL(request.url ?? "", "http://localhost").searchParams;
  query.set("limit", String(limit));
  if (cursor === undefined) query.delete("cursor");
  else query.set("cursor", cursor);
  return new Promise((resolve, reject) => {
    const headers = [...passedOn(request.rawHeaders), FORWARDED, writeForwarded(forwarded), "connection", "close"];
    const path = `${prefix}${BASE}/audit?${query.toString()}`;
    const out = httpRequest({
      ...{ method: "GET", path, headers, setHost: false },
      createConnection: () => asSocket(cluster.connect(server)),
    });
    const timer = setTimeout(() => out.destroy(new Error("no answer")), ANSWER_MS);
    const end = (): void => clearTimeout(timer);
    out.on("error", (error) => {
      end();
      reject(error);
    });
    out.on("response", (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
        if (text.length > BYTES_MAX) out.destroy(new Error("too much"));
      });
      answer.on("error", reject);
      answer.on("end", () => {
        end();
        if (answer.statusCode !== 200) return reject(new Error(`it answered ${answer.statusCode}`));
        resolve(JSON.parse(text) as Page<AuditView>);
      });
    });
    out.end();
  });
}
