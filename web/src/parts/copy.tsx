/** Copies a text, and says so for a moment. */
import { Check, Copy as CopySign } from "lucide-react";
import { useState } from "react";
import { Button, IconButton } from "./button.tsx";
import { useClipboard } from "./clipboard.tsx";

const SAID_MS = 1500;

/** With words a button, without them a sign. `what` is what is copied, in words: "the id". */
export function Copy({ text, what, label }: { text: string | (() => string); what: string; label?: string }) {
  const [isDone, setDone] = useState(false);
  const clipboard = useClipboard();
  const copy = async (): Promise<void> => {
    if (!(await clipboard(typeof text === "string" ? text : text(), what))) return;
    setDone(true);
    setTimeout(() => setDone(false), SAID_MS);
  };
  const sign = isDone ? <Check aria-hidden /> : <CopySign aria-hidden />;
  const name = isDone ? "Copied" : `Copy ${what}`;
  if (label === undefined)
    return (
      <IconButton label={name} onClick={() => void copy()}>
        {sign}
      </IconButton>
    );
  return (
    <Button isSmall icon={sign} onClick={() => void copy()} title={name}>
      {isDone ? "Copied" : label}
    </Button>
  );
}
