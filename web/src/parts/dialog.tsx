/** Dialogs: a window over the page, and the question before what cannot be undone. Radix keeps the focus and the Escape key. */
import { Dialog as Radix } from "radix-ui";
import { createContext, type ReactNode, useCallback, useContext, useState } from "react";
import { Layers, X } from "lucide-react";
import { useNamespaceInDoubt } from "../data/namespaces.ts";
import { Boundary } from "./boundary.tsx";
import { Button, IconButton } from "./button.tsx";
import { TextInput } from "./field.tsx";
import styles from "./dialog.module.css";

interface DialogProps {
  title: string;
  /** One sentence under the title. */
  lead?: ReactNode;
  isOpen: boolean;
  onClose(): void;
  children: ReactNode;
  /** Buttons at the bottom, the main one last. */
  actions?: ReactNode;
  isWide?: boolean;
}

export function Dialog({ title, lead, isOpen, onClose, children, actions, isWide = false }: DialogProps) {
  return (
    <Radix.Root open={isOpen} onOpenChange={(open) => !open && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className={styles["veil"]} />
        <Radix.Content
          className={`${styles["dialog"]} ${isWide ? styles["wide"] : ""}`}
          {...(lead === undefined && { "aria-describedby": undefined })}
        >
          <header className={styles["head"]}>
            <div>
              <Radix.Title className={styles["title"]}>{title}</Radix.Title>
              {lead !== undefined && <Radix.Description className={styles["lead"]}>{lead}</Radix.Description>}
            </div>
            <Radix.Close asChild>
              <IconButton label="Close">
                <X aria-hidden />
              </IconButton>
            </Radix.Close>
          </header>
          <div className={styles["body"]}>
            <Boundary of={title}>{children}</Boundary>
          </div>
          {actions !== undefined && <footer className={styles["foot"]}>{actions}</footer>}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

interface Question {
  title: string;
  /** What will happen, with the number of things concerned. */
  text: ReactNode;
  /** What the button says: the deed itself, "Delete 12 tasks". */
  deed: string;
  isDanger?: boolean;
  /** To be typed before the deed: for what is large and cannot be undone. */
  typed?: string;
}

type Ask = (question: Question) => Promise<boolean>;

const Context = createContext<Ask | undefined>(undefined);

/** Asks a person; true when they agree. */
export function useConfirm(): Ask {
  const ask = useContext(Context);
  if (ask === undefined) throw new Error("useConfirm stands outside of a ConfirmProvider");
  return ask;
}

export function ConfirmProvider({ children }: { children: ReactNode }) {
  const [asked, setAsked] = useState<{ question: Question; answer(yes: boolean): void }>();
  const ask = useCallback<Ask>(
    (question) =>
      new Promise((resolve) =>
        setAsked((before) => {
          // Who asked before is not left waiting.
          before?.answer(false);
          return { question, answer: resolve };
        }),
      ),
    [],
  );
  const answer = (yes: boolean): void => {
    asked?.answer(yes);
    setAsked(undefined);
  };
  return (
    <Context value={ask}>
      {children}
      {asked !== undefined && <ConfirmDialog question={asked.question} answer={answer} />}
    </Context>
  );
}

function ConfirmDialog({ question, answer }: { question: Question; answer(yes: boolean): void }) {
  const { title, text, deed, isDanger = false, typed } = question;
  const [said, setSaid] = useState("");
  const namespace = useNamespaceInDoubt();
  const isReady = typed === undefined || said.trim() === typed;
  return (
    <Dialog
      title={title}
      isOpen
      onClose={() => answer(false)}
      actions={
        // The key that asked, still held down, is no answer.
        <div className={styles["answers"]} onKeyDown={(event) => event.repeat && event.preventDefault()}>
          <Button onClick={() => answer(false)}>Keep as it is</Button>
          <Button
            kind={isDanger ? "danger" : "main"}
            disabled={!isReady}
            onClick={() => answer(true)}
            autoFocus={typed === undefined}
          >
            {deed}
          </Button>
        </div>
      }
    >
      <div>{text}</div>
      {namespace !== undefined && (
        <p className={styles["where"]}>
          <Layers aria-hidden /> In the namespace <strong>{namespace}</strong>
        </p>
      )}
      {typed !== undefined && <TextInput label={`Type ${typed} to go on`} value={said} onChange={setSaid} />}
    </Dialog>
  );
}
