/** The page in the place of a dashboard that was not built: says how to build it, and what answers all the same. */
import { plainPage } from "./plain-page.ts";

export function missingPage(prefix: string): string {
  return plainPage({
    title: "The dashboard is not there",
    body:
      "<p>This server works, and its dashboard was not built. In a checkout, <code>npm start</code> builds it and says what " +
      "fails; <code>node scripts/run.mjs scripts/build-web.ts</code> does so while the server runs. A package without it " +
      "is broken: install it again.</p>" +
      "<p>Meanwhile: the command line (<code>octopus --help</code>), " +
      `<a href="${prefix}/openapi.json">the API</a>, <a href="${prefix}/healthz">health</a>.</p>`,
  });
}
