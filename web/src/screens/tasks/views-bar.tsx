/** Filters with a name, in one line: those that come with the dashboard and a person's own, kept in this browser. */
import { BookmarkPlus, X } from "lucide-react";
import { useState } from "react";
import { keptPlace } from "../../data/here.ts";
import { BUILT_IN_VIEWS, readViews, type SavedView, viewNameProblem, withView } from "@octopus/view/saved-views.ts";
import { Button } from "../../parts/button.tsx";
import { TextInput } from "../../parts/field.tsx";
import { FormDialog } from "../../parts/form-dialog.tsx";
import styles from "./tasks.module.css";

const PLACE = keptPlace("octopus.views");

export function ViewsBar({ q, onChange }: { q: string; onChange(q: string): void }) {
  const [own, setOwn] = useState(() => readViews(kept()));
  const [name, setName] = useState<string>();
  const keep = (views: SavedView[]): void => {
    setOwn(views);
    try {
      localStorage.setItem(PLACE, JSON.stringify(views));
    } catch {
      // A browser that keeps nothing: it holds until the page is left.
    }
  };
  const problem = name === undefined || name === "" ? undefined : viewNameProblem(name);
  const isKnown = [...BUILT_IN_VIEWS, ...own].some((view) => view.q === q);
  const save = (): void => {
    keep(withView(own, { name: name!, q }));
    setName(undefined);
  };
  return (
    <nav className={styles["views"]} aria-label="Views">
      {[...BUILT_IN_VIEWS, ...own].map((view) => (
        <span key={view.name} className={`${styles["view"]} ${view.q === q ? styles["viewOn"] : ""}`}>
          <button type="button" aria-current={view.q === q ? "page" : undefined} onClick={() => onChange(view.q)}>
            {view.name}
          </button>
          {own.includes(view) && (
            <button
              type="button"
              className={styles["viewGo"]}
              aria-label={`Remove the view ${view.name}`}
              onClick={() => keep(own.filter((one) => one !== view))}
            >
              <X aria-hidden />
            </button>
          )}
        </span>
      ))}
      {!isKnown && (
        <Button isSmall kind="quiet" icon={<BookmarkPlus aria-hidden />} onClick={() => setName("")}>
          Save view
        </Button>
      )}
      {name !== undefined && (
        <FormDialog
          title="Save this view"
          lead={<code>{q}</code>}
          deed="Save"
          isBusy={false}
          isReady={viewNameProblem(name) === undefined}
          onSend={save}
          onClose={() => setName(undefined)}
        >
          <TextInput label="Name" value={name} onChange={setName} error={problem} maxLength={60} />
        </FormDialog>
      )}
    </nav>
  );
}

function kept(): string | null {
  try {
    return localStorage.getItem(PLACE);
  } catch {
    return null;
  }
}
