/** The clipboard: puts a text there, or shows it to be copied by hand where the browser does not let the page. */
import { createContext, type ReactNode, useCallback, useContext, useEffect, useRef, useState } from "react";
import { Button } from "./button.tsx";
import { Dialog } from "./dialog.tsx";
import { TextArea } from "./field.tsx";

/** `what` is what is copied, in words: "the id". True when it is in the clipboard. */
type CopyText = (text: string, what: string) => Promise<boolean>;

const Context = createContext<CopyText | undefined>(undefined);

export function useClipboard(): CopyText {
  const copy = useContext(Context);
  if (copy === undefined) throw new Error("useClipboard stands outside of a ClipboardProvider");
  return copy;
}

export function ClipboardProvider({ children }: { children: ReactNode }) {
  const [refused, setRefused] = useState<{ text: string; what: string }>();
  const copy = useCallback<CopyText>(async (text, what) => {
    if (await isTaken(text)) return true;
    setRefused({ text, what });
    return false;
  }, []);
  const close = (): void => setRefused(undefined);
  return (
    <Context value={copy}>
      {children}
      {refused !== undefined && (
        <Dialog
          title={`Copy ${refused.what} by hand`}
          lead="The browser does not let this page put anything into the clipboard. Ctrl C copies what is selected here."
          isOpen
          onClose={close}
          actions={<Button onClick={close}>Close</Button>}
        >
          <Selected label={capital(refused.what)} text={refused.text} />
        </Dialog>
      )}
    </Context>
  );
}

function Selected({ label, text }: { label: string; text: string }) {
  const area = useRef<HTMLTextAreaElement>(null);
  // After the dialog below, if there is one, has let go of the focus.
  useEffect(() => {
    const frame = requestAnimationFrame(() => area.current?.select());
    return () => cancelAnimationFrame(frame);
  }, []);
  const rows = Math.min(12, text.split("\n").length + 1);
  return <TextArea ref={area} label={label} value={text} onChange={() => undefined} readOnly rows={rows} />;
}

async function isTaken(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Refused, or there is none: that of a page that came over plain HTTP from elsewhere is closed.
    return isSelectionTaken(text);
  }
}

/** What is selected can be copied nearly everywhere. */
function isSelectionTaken(text: string): boolean {
  const before = document.activeElement;
  // A dialog takes the focus back from what stands outside of it.
  const room = before?.closest('[role="dialog"]') ?? document.body;
  const area = document.createElement("textarea");
  area.value = text;
  area.readOnly = true;
  room.append(area);
  area.select();
  const isDone = document.execCommand("copy");
  area.remove();
  if (before instanceof HTMLElement) before.focus({ preventScroll: true });
  return isDone;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
