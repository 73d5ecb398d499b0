/** The page in the place of a dashboard that was not built: says how to build it, and what answers all the same. */

const STYLE =
  "body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem;color:#1c2733;background:#fff}" +
  "a{color:#0b57d0}code{font-size:.9em}" +
  "@media(prefers-color-scheme:dark){body{color:#e3e8ee;background:#12181f}a{color:#8ab4f8}}";

export function missingPage(prefix: string): string {
  return (
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">' +
    `<title>Octopus</title><link rel="icon" href="data:,"><style>${STYLE}</style><main><h1>The dashboard is not there</h1>` +
    "<p>This server works, and its dashboard was not built. In a checkout, <code>npm start</code> builds it and says what " +
    "fails; <code>node scripts/run.mjs scripts/build-web.ts</code> does so while the server runs. A package without it " +
    "is broken: install it again.</p>" +
    "<p>Meanwhile: the command line (<code>octopus --help</code>), " +
    `<a href="${prefix}/openapi.json">the API</a>, <a href="${prefix}/healthz">health</a>.</p></main></html>\n`
  );
}
