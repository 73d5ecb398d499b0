/** How this browser shows things. Kept here, and nowhere else. */
import { choose, useChoices } from "../../app/choices.ts";
import { ChipToggle } from "../../parts/chips.tsx";
import { Panel } from "../../parts/page.tsx";
import { Ago, Clock } from "../../parts/times.tsx";
import styles from "./settings.module.css";

export function Appearance() {
  const { theme, zone, times, isNarrow, density } = useChoices();
  const now = new Date(Date.now() - 95_000).toISOString();
  return (
    <Panel>
      <div className={styles["all"]}>
        <Choice
          title="Theme"
          now={theme}
          options={[
            ["system", "As the system"],
            ["light", "Light"],
            ["dark", "Dark"],
          ]}
          onChange={(value) => choose({ theme: value })}
        />
        <Choice
          title="Clock times"
          now={zone}
          options={[
            ["local", `Local (${Intl.DateTimeFormat().resolvedOptions().timeZone})`],
            ["utc", "UTC"],
          ]}
          onChange={(value) => choose({ zone: value })}
        />
        <Choice
          title="Ages"
          now={times}
          options={[
            ["relative", "3m ago"],
            ["absolute", "12:04:11"],
          ]}
          onChange={(value) => choose({ times: value })}
        />
        <Choice
          title="Density"
          now={density}
          options={[
            ["calm", "Calm"],
            ["dense", "Dense"],
          ]}
          onChange={(value) => choose({ density: value })}
        />
        <Choice
          title="Places at the side"
          now={isNarrow ? "signs" : "names"}
          options={[
            ["names", "With names"],
            ["signs", "Signs only"],
          ]}
          onChange={(value) => choose({ isNarrow: value === "signs" })}
        />
        <p className={styles["hint"]}>
          A moment looks like this: <Ago at={now} />, <Clock at={now} />. Kept in this browser only.
        </p>
      </div>
    </Panel>
  );
}

interface ChoiceProps<Value extends string> {
  title: string;
  now: Value;
  options: readonly (readonly [Value, string])[];
  onChange(value: Value): void;
}

function Choice<Value extends string>({ title, now, options, onChange }: ChoiceProps<Value>) {
  return (
    <fieldset className={styles["group"]}>
      <legend>{title}</legend>
      <div className={styles["choices"]}>
        {options.map(([value, label]) => (
          <ChipToggle key={value} isOn={value === now} onChange={() => onChange(value)}>
            {label}
          </ChipToggle>
        ))}
      </div>
    </fieldset>
  );
}
