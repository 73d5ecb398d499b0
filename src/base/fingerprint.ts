/** Fingerprints of certificates as people see and paste them. */

/** SHA-256 of a certificate's DER in lower-case hex. */
export const FINGERPRINT = /^[0-9a-f]{64}$/;

/** As people compare it: groups of four. */
export function groupFingerprint(hex: string): string {
  return hex.replace(/(.{4})(?=.)/g, "$1 ");
}

/** What a person pasted: groups, colons and capitals are fine. Undefined when it is none. */
export function parseFingerprint(text: string): string | undefined {
  const hex = text.replace(/[\s:-]/g, "").toLowerCase();
  return FINGERPRINT.test(hex) ? hex : undefined;
}
