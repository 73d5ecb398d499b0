/** A plain table for lists that are read as a whole; long lists are windowed by `rows.tsx`. */
import type { ReactNode } from "react";
import styles from "./table.module.css";

export interface Column<Row> {
  title: string;
  cell(row: Row): ReactNode;
  /** Numbers stand at the right. */
  isNumber?: boolean;
  /** May be left out where there is little room. */
  isMinor?: boolean;
  /** Takes what is left, and cuts its text. */
  isWide?: boolean;
}

interface TableProps<Row> {
  /** What is in it, for those who do not see it. */
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  keyOf(row: Row): string;
}

export function Table<Row>({ label, columns, rows, keyOf }: TableProps<Row>) {
  return (
    <div className={styles["scroll"]} tabIndex={0} role="region" aria-label={label}>
      <table className={styles["table"]}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.title} scope="col" className={classOf(column)}>
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map((column) => (
                <td key={column.title} className={classOf(column)}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function classOf({ isNumber, isMinor, isWide }: Pick<Column<never>, "isNumber" | "isMinor" | "isWide">): string {
  return [isNumber === true && styles["number"], isMinor === true && styles["minor"], isWide === true && styles["wide"]]
    .filter(Boolean)
    .join(" ");
}
