/** The workflow of the guide: small enough to be read at once, with a fan-out and a join. */
export const NAME = "first-steps";

export const DEFINITION = `name: ${NAME}
description: Greets three planets, all at once, and says so.
tasks:
  prepare:
    shell: echo "Getting ready"
  greet:
    needs: prepare
    each: [Mercury, Venus, Earth]
    shell: |
      sleep 1
      echo "Hello, $PLANET"
    env:
      PLANET: \${{ item }}
  report:
    needs: greet
    shell: echo "Three planets were greeted."
`;
