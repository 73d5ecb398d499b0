/** Where a value stands in a form, as the server writes it in its issues, and which field shows what is said of it. */
import type { Field } from "./form-fields.ts";

export type FormPath = readonly (string | number)[];

/** `args.items[3].name` */
export function pathText(path: FormPath): string {
  let text = "";
  for (const key of path) {
    if (typeof key === "number") text += `[${key}]`;
    else text += text === "" ? key : `.${key}`;
  }
  return text;
}

export interface PlacedIssues {
  /** What is said of the field at each path. */
  at: ReadonlyMap<string, string>;
  /** What is said of nothing that the form shows. */
  rest: { path: string; message: string }[];
}

/** Puts each issue at the field that it is about, or at the nearest one around it that is shown. */
export function placeIssues(form: Field, issues: readonly { path: string; message: string }[]): PlacedIssues {
  const at = new Map<string, string>();
  const rest: PlacedIssues["rest"] = [];
  for (const issue of issues) {
    const place = placeOf(form, issue.path);
    if (place === "") rest.push(issue);
    else {
      const inner = issue.path.slice(place.length).replace(/^\./, "");
      const words = inner === "" ? issue.message : `${inner} ${issue.message}`;
      at.set(place, at.has(place) ? `${at.get(place)}; ${words}` : words);
    }
  }
  return { at, rest };
}

/** The path of the innermost field on the way to `path`. */
function placeOf(form: Field, path: string): string {
  let field: Field = form;
  let place = "";
  for (;;) {
    const rest = path.slice(place.length);
    if (field.is === "list") {
      const index = /^\[\d+\]/.exec(rest)?.[0];
      if (index === undefined) return place;
      place += index;
      field = field.item;
    } else if (field.is === "group") {
      const named = rest.replace(/^\./, "");
      const next = longestOf(field.fields, named);
      if (next === undefined) return place;
      place = place === "" ? next.key : `${place}.${next.key}`;
      field = next;
    } else return place;
  }
}

/** Of the fields whose name the path begins with, the one with the longest: names may hold dots. */
function longestOf(fields: readonly Field[], path: string): Field | undefined {
  const found = fields.filter(({ key }) => path.startsWith(key) && /^$|^[.[]/.test(path.slice(key.length)));
  return found.toSorted((a, b) => b.key.length - a.key.length)[0];
}
