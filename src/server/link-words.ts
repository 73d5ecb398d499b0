/** The smallest questions that are asked of what a worker says. */
type Fields = Record<string, unknown>;

const NAME_LENGTH_MAX = 200;

/** Names an attempt. */
export function isRef(value: Fields): boolean {
  return isWhole(value["task"], 1) && isWhole(value["attempt"], 1);
}

export function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isWhole(value: unknown, min: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= min;
}

export function isNumber(value: unknown): value is number {
  return Number.isFinite(value);
}

export function isOptionalText(value: unknown): boolean {
  return value === undefined || typeof value === "string";
}

/** Short, and without control characters: it is shown on terminals. */
export function isName(value: unknown): boolean {
  return (
    typeof value === "string" &&
    value.length > 0 &&
    value.length <= NAME_LENGTH_MAX &&
    !/[\u0000-\u001f\u007f]/.test(value)
  );
}
