# /// octopus
# description: Asks a web site and says how it answers.
# timeout: 30s
# actions:
#   main:
#     description: Fails when the site does not answer with the status that is expected.
#     inputs:
#       type: object
#       required: [url]
#       properties:
#         url: { type: string, pattern: "^https?://" }
#         expected: { type: integer, default: 200 }
#       additionalProperties: false
#     args: [url, expected]
# ///
"""A plugin in the plainest form: strings and numbers in, a dictionary back, nothing but the standard library."""
import time
import urllib.error
import urllib.request


def main(url, expected=200):
    begun = time.monotonic()
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            status, size = answer.status, len(answer.read())
    except urllib.error.HTTPError as error:
        status, size = error.code, 0
    took = round((time.monotonic() - begun) * 1000)
    if status != expected:
        return {"status": "failed", "message": f"{url} answers {status}, not {expected}", "took_ms": took}
    return {"status": "success", "data": {"url": url, "bytes": size, "took_ms": took}}
