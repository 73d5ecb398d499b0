/** What is wrong with the text, line by line; a click leads there. */
import { AlertTriangle, CheckCircle2, CircleX } from "lucide-react";
import { inertLine } from "@octopus/view/inert.ts";
import { Trouble } from "../../../parts/notices.tsx";
import type { Checked, Finding } from "./check.ts";
import styles from "./definition.module.css";

interface Props {
  checked: Checked;
  findings: readonly Finding[];
  onChoose(finding: Finding): void;
}

export function Findings({ checked: { check, isOld, error }, findings, onChoose }: Props) {
  if (check === undefined) return error == null ? null : <Trouble error={error} />;
  const wrong = findings.filter(({ isWarning }) => isWarning !== true).length;
  return (
    <div className={styles["findings"]} aria-busy={isOld}>
      <p className={styles["verdict"]} role="status">
        {wrong > 0 ? (
          <>
            <CircleX aria-hidden className={styles["bad"]} /> {wrong === 1 ? "1 problem" : `${wrong} problems`}
          </>
        ) : (
          <>
            <CheckCircle2 aria-hidden className={styles["good"]} /> Valid
            {findings.length > 0 && (findings.length === 1 ? ", 1 remark" : `, ${findings.length} remarks`)}
          </>
        )}
      </p>
      {findings.length > 0 && (
        <ul className={styles["list"]} aria-label="Problems">
          {findings.map((finding, i) => (
            <li key={i}>
              <Line finding={finding} onChoose={onChoose} />
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Line({ finding, onChoose }: { finding: Finding; onChoose: Props["onChoose"] }) {
  const { line, message, isWarning } = finding;
  const words = (
    <>
      {isWarning === true ? (
        <AlertTriangle aria-label="Remark" className={styles["warn"]} />
      ) : (
        <CircleX aria-label="Problem" className={styles["bad"]} />
      )}
      <span>
        {line !== undefined && <span className={styles["minor"]}>line {line} </span>}
        {inertLine(message)}
      </span>
    </>
  );
  if (line === undefined) return <div className={styles["finding"]}>{words}</div>;
  return (
    <button type="button" className={styles["finding"]} onClick={() => onChoose(finding)}>
      {words}
    </button>
  );
}
