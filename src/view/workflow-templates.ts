/** Workflows to begin with: each of them runs as it stands. */

export interface Template {
  id: string;
  title: string;
  /** What it shows, in a few words. */
  about: string;
  definition: string;
}

export const TEMPLATES: readonly Template[] = [
  {
    id: "blank",
    title: "Two steps",
    about: "One task after another",
    definition: `name: new-workflow
description: Says what it is for.
tasks:
  first:
    shell: echo "Hello"
  second:
    needs: first
    shell: echo "Goodbye"
`,
  },
  {
    id: "params",
    title: "With params",
    about: "A form asks for values when it is run",
    definition: `name: greeting
description: Greets somebody, as often as they like.
params:
  who:
    type: string
    description: Who is greeted
    required: true
  times:
    type: integer
    description: How often
    default: 3
    minimum: 1
    maximum: 20
  tone:
    description: How it is said
    enum: [friendly, formal]
    default: friendly
tasks:
  greet:
    shell: |
      for i in $(seq "$OCTOPUS_PARAM_times"); do
        echo "$OCTOPUS_PARAM_tone greetings, $OCTOPUS_PARAM_who"
      done
`,
  },
  {
    id: "fan-out",
    title: "Fan out and join",
    about: "The same for each of a list, at once",
    definition: `name: fan-out
description: Does the same for each of a list, then puts the results together.
tasks:
  list:
    shell: echo "Getting ready"
  work:
    needs: list
    each: [one, two, three, four]
    maxParallel: 2
    shell: echo "Working on $ITEM"; sleep 1
    env:
      ITEM: \${{ item }}
  join:
    needs: work
    shell: echo "All are done."
`,
  },
  {
    id: "scheduled",
    title: "Every night",
    about: "By the calendar, with retries and a word when it fails",
    definition: `name: nightly
description: Runs at half past two, tries again twice, and tells when it fails.
schedule: 30 2 * * *
retries: { limit: 2, delay: 30s }
tasks:
  backup:
    shell: echo "Saving everything"
    timeout: 10m
  verify:
    needs: backup
    shell: echo "Looking whether it can be read back"
on:
  failure: echo "The night went wrong"
`,
  },
  {
    id: "approval",
    title: "With an approval",
    about: "A person is asked before it goes on",
    definition: `name: release
description: Builds, asks a person, then ships.
tasks:
  build:
    shell: echo "Building"
  ask:
    needs: build
    approval: Ship this build?
  ship:
    needs: ask
    shell: echo "Shipping"
`,
  },
];

export function templateOf(id: string): Template {
  return TEMPLATES.find((one) => one.id === id) ?? TEMPLATES[0]!;
}
