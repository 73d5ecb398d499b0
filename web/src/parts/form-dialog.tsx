/**
 * A dialog that is a form: Enter in a field does what the main button does, the first field has the focus, and what the
 * server says no to stands below the fields, which keep what was typed. Who uses it owns the fields.
 */
import { type ReactNode, useEffect, useId } from "react";
import { Button } from "./button.tsx";
import { Dialog } from "./dialog.tsx";
import styles from "./form-dialog.module.css";
import { Trouble } from "./notices.tsx";

interface FormDialogProps {
  title: string;
  lead?: ReactNode;
  /** What the main button says: the deed itself, "Create token". */
  deed: string;
  icon?: ReactNode;
  isDanger?: boolean;
  /** Other buttons, before the two that each form has. */
  tools?: ReactNode;
  isWide?: boolean;
  /** It is on its way: no second time. */
  isBusy: boolean;
  /** It can be sent; what is wrong with it may still be told then. */
  isReady?: boolean;
  /** What went wrong and belongs to no field. */
  error?: unknown;
  onSend(): void;
  onClose(): void;
  children: ReactNode;
}

export function FormDialog(props: FormDialogProps) {
  const { title, lead, deed, icon, tools, error, onClose, children } = props;
  const { isDanger = false, isWide = false, isBusy, isReady = true } = props;
  const id = useId();
  return (
    <Dialog
      title={title}
      lead={lead}
      isOpen
      isWide={isWide}
      onClose={onClose}
      actions={
        <>
          {tools}
          <Button onClick={onClose}>Cancel</Button>
          <Button
            kind={isDanger ? "danger" : "main"}
            type="submit"
            form={id}
            icon={icon}
            isBusy={isBusy}
            disabled={!isReady}
          >
            {deed}
          </Button>
        </>
      }
    >
      <form
        id={id}
        className={styles["form"]}
        // What is wrong stands beside the field, in this page's words.
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          // A form in a form's portal is not this one.
          event.stopPropagation();
          if (isReady && !isBusy) props.onSend();
        }}
      >
        <FocusFirst id={id} />
        {children}
        {error !== null && error !== undefined && <Trouble error={error} />}
      </form>
    </Dialog>
  );
}

/** What is to be filled in has the focus, not the sign that closes the dialog, which would have it but for this. */
function FocusFirst({ id }: { id: string }) {
  useEffect(() => {
    const form = document.getElementById(id);
    if (form === null || form.contains(document.activeElement)) return;
    form.querySelector<HTMLElement>("input:enabled, select:enabled, textarea:enabled, summary")?.focus();
  }, [id]);
  return null;
}
