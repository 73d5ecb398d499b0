/** Short words about what was just done, at the edge of the page. Errors stay until they are closed. */
import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from "react";
import { X } from "lucide-react";
import { IconButton } from "./button.tsx";
import styles from "./toasts.module.css";

interface Toast {
  tone: "good" | "bad";
  text: string;
}

interface Toasts {
  tell(toast: Toast): void;
}

const SHOWN_MS = 5000;
const SHOWN_MAX = 4;

const Context = createContext<Toasts | undefined>(undefined);
let last = 0;

export function useToasts(): Toasts {
  const toasts = useContext(Context);
  if (toasts === undefined) throw new Error("useToasts stands outside of a ToastProvider");
  return toasts;
}

export function ToastProvider({ children }: { children: ReactNode }) {
  const [shown, setShown] = useState<(Toast & { id: number })[]>([]);
  const close = useCallback((id: number) => setShown((before) => before.filter((one) => one.id !== id)), []);
  const toasts = useMemo<Toasts>(
    () => ({
      tell(toast) {
        const id = ++last;
        setShown((before) => [...before.filter(({ text }) => text !== toast.text), { ...toast, id }].slice(-SHOWN_MAX));
        if (toast.tone === "good") setTimeout(() => close(id), SHOWN_MS);
      },
    }),
    [close],
  );
  return (
    <Context value={toasts}>
      {children}
      <div className={styles["all"]} role="region" aria-label="Messages">
        {shown.map(({ id, tone, text }) => (
          <div key={id} className={`${styles["toast"]} ${styles[tone]}`} role={tone === "bad" ? "alert" : "status"}>
            <span>{text}</span>
            <IconButton label="Close" onClick={() => close(id)}>
              <X aria-hidden />
            </IconButton>
          </div>
        ))}
      </div>
    </Context>
  );
}
