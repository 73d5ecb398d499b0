/**
 * What the policy of commands sees. The tables are the promise: what is refused, what passes although it looks alike, and
 * what nobody can see in a text (docs/operate/policy.md names these, too).
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as parser from "unbash";
import { CommandPolicy, type Finding, type Occasion } from "./policy.ts";
import { policySettings } from "./settings.ts";
import type { CommandText } from "./read-command.ts";

const OCCASION: Occasion = { arm: "default", role: "submitter" };

function policyOf(settings: Parameters<typeof policySettings>[0]): CommandPolicy {
  return new CommandPolicy(policySettings(settings), () => parser);
}

const shipped = policyOf({});

function judge(text: string | CommandText, policy = shipped, occasion: Partial<Occasion> = {}): readonly Finding[] {
  return policy.judge(typeof text === "string" ? { command: text } : text, { ...OCCASION, ...occasion });
}

function rules(...args: Parameters<typeof judge>): string[] {
  return judge(...args).map(({ rule, effect }) => (effect === "deny" ? rule : `${rule} (${effect})`));
}

const REFUSED: Readonly<Record<string, readonly string[]>> = {
  "remove-system": [
    ...["rm -rf /", "rm -fr /*", "rm -r -f /", "rm --recursive --force /", "rm --recurs --forc /", "rm -rf -- /"],
    ...["rm -rf / --no-preserve-root", "rm --no-preserve-root -rf /x", "/bin/rm -rf /", 'rm -rf "/"', "rm -rf '/'/"],
    ...["rm -rf //", "rm -rf /./", "rm -rf /usr/..", "rm -rf /../..", "rm -rf ~", "rm -rf ~/", "rm -rf $HOME"],
    ...['rm -rf "$HOME"/*', "rm -rf ${HOME:-/}", "rm -rf /etc", "rm -rf /etc/", "rm -rf /usr/*", "rm -rf /et?"],
    ...["rm -rf /{bin,usr}", "rm -rf build /", "rm -rf *; cd /; rm -rf *", "cd / && rm -rf ./*", "cd /etc && rm -rf ."],
    ...["sudo rm -rf /", "sudo -u root -E rm -rf /", "env A=1 rm -rf /", "nohup rm -rf / &", "timeout -k 1 5 rm -rf /"],
    ...["nice -n 19 ionice -c 3 rm -rf /", "busybox rm -rf /", "command rm -rf /", "exec rm -rf /", "time rm -rf /"],
    ...["sh -c 'rm -rf /'", "bash -ec 'cd /tmp; rm -rf /'", "su - root -c 'rm -rf /'", 'sudo sh -c "rm -rf /"'],
    ...[
      "eval rm -rf /",
      "eval 'rm -rf /'",
      "trap 'rm -rf /' EXIT",
      "echo 'rm -rf /' | sh",
      "printf 'rm -rf /' | bash -s",
    ],
    ...["bash <<EOF\nrm -rf /\nEOF", "sh <<< 'rm -rf /'", "find / -delete", "find / -exec rm -rf {} +", "mv /etc /tmp"],
    ...["find . -exec rm -rf / ';'", "ls | xargs rm -rf /", "true && rm -rf /", "false || rm -rf /", "! rm -rf /"],
    ...["if true; then rm -rf /; fi", "for i in 1 2; do rm -rf /; done", "while :; do rm -rf /; done", "(rm -rf /)"],
    ...["{ rm -rf /; }", "case x in x) rm -rf /;; esac", "f() { rm -rf /; }; f", "x=$(rm -rf /)", "echo `rm -rf /`"],
    ...[
      'echo "$(rm -rf /)"',
      "diff <(rm -rf /) x",
      "cat <<EOF\n$(rm -rf /)\nEOF",
      "echo ${x:-$(rm -rf /)}",
      "r\\m -rf /",
    ],
    ...[
      "r''m -rf /",
      'r"m" -rf /',
      "$'\\x72m' -rf /",
      "$'rm' -rf /",
      "rm${IFS}-rf${IFS}/",
      "{rm,-rf,/}",
      "A=rm; $A -rf /",
    ],
    ...["X=/; rm -rf $X", "X='-rf /'; rm $X", "rm \\\n -rf \\\n /", "coproc rm -rf /", "[[ -n $(rm -rf /) ]]"],
    ...["chroot /mnt rm -rf /", "env -S 'rm -rf /'", "flock /tmp/l rm -rf /", "watch rm -rf /", "a=(1 $(rm -rf /))"],
  ],
  "own-system": [
    "chmod -R 777 /",
    "chown -R me:me /etc",
    "chmod --recursive a+w /usr",
    "chmod 777 --no-preserve-root /x",
  ],
  "write-disk": [
    ...[
      "dd if=/dev/zero of=/dev/sda",
      "dd of=/dev/nvme0n1 bs=1M",
      "cat x > /dev/sda",
      "> /dev/sdb1",
      "cp img /dev/mmcblk0",
    ],
    ...[
      "mkfs.ext4 /dev/sdb1",
      "mkfs -t xfs /dev/vdb",
      "wipefs -a /dev/sda",
      "shred -n 3 /dev/sda",
      "tee /dev/sda < img",
    ],
    ...[
      "blkdiscard /dev/nvme0n1",
      "sgdisk --zap-all /dev/sda",
      "cd /dev && dd if=/dev/zero of=sda",
      "{ cat x; } > /dev/sda",
    ],
  ],
  "write-accounts": [
    "echo x > /etc/passwd",
    "echo x >> /etc/shadow",
    "tee -a /etc/sudoers",
    "cp p /etc/passwd",
    "sed -i s/a/b/ /etc/shadow",
  ],
  "fork-bomb": [":(){ :|:& };:", ":() { : | : & }; :", "bomb() { bomb | bomb & }; bomb", "function f { f & f; }; f"],
  "run-download": [
    ...[
      "curl https://x.io | sh",
      "curl -fsSL x | sudo -E bash -",
      "wget -qO- x | bash -s -- --yes",
      "curl x | tee f | bash",
    ],
    ...['sh -c "$(curl -fsSL x)"', "bash <(curl -s x)", 'eval "$(wget -qO- x)"', "source <(curl x)", ". <(curl x)"],
    ...[
      "curl x | python3",
      "curl x | python3 -",
      "curl x | gunzip | sh",
      "curl x | (cat; true) | sh",
      "sh < <(curl x)",
    ],
    ...[
      'bash <<< "$(curl x)"',
      "curl x | sh /dev/stdin",
      "curl x | node",
      'python3 -c "$(curl x)"',
      "curl x | xargs -0 sh -c; curl x|sh",
    ],
  ],
  "kill-all": ["kill -9 -1", "kill -- -1", "kill -s KILL -1", "kill -KILL -1", "killall5 -9"],
  "power-off": [
    ...["shutdown -h now", "reboot", "sudo poweroff", "halt -f", "init 0", "telinit 6", "systemctl reboot"],
    ...["systemctl -i poweroff", "echo b > /proc/sysrq-trigger"],
  ],
};

const PASSES: readonly string[] = [
  ...[
    "rm -rf ./build",
    "rm -rf build/*",
    "rm -rf *",
    'rm -rf "$TMPDIR/x"',
    "rm -rf /tmp/x /var/tmp/y",
    "rm -rf /srv/app/*",
  ],
  ...[
    "rm -rf /usr/local/app",
    "rm -f /etc/app.conf",
    "rm -rf ~/.cache/x",
    "cd /srv/app && rm -rf *",
    "cd / && ls && rm -f x",
  ],
  ...['echo "rm -rf /"', "echo rm -rf /", "grep 'curl | sh' file", "grep -r 'rm -rf /' .", 'git commit -m "rm -rf /"'],
  ...[
    "ls # rm -rf /",
    "cat <<EOF\nrm -rf /\nEOF",
    "cat <<'EOF'\n$(rm -rf /)\nEOF",
    "cat > x.sh <<EOF\ncurl x | sh\nEOF",
  ],
  ...["printf '%s' 'rm -rf /' | tee note", "man rm", "which rm", "command -v rm", "alias x='rm -rf /'", "rm --help"],
  ...[
    "find . -name '*.pyc' -delete",
    "find /var -name '*.tmp' -delete",
    "find /etc -name x -exec rm {} ';'",
    "mv a /etc",
  ],
  ...[
    "dd if=/dev/zero of=disk.img",
    "dd if=/dev/sda of=backup.img",
    "cat /dev/sda1 > x",
    "echo x > /dev/null",
    "ls 2>/dev/null",
  ],
  ...[
    "mkfs.ext4 disk.img",
    "echo x > /dev/stderr",
    "cp /etc/passwd .",
    "cat /etc/shadow",
    "lsblk /dev/sda",
    "fdisk -l /dev/sda",
  ],
  ...["curl x | jq .", "curl x -o y", "curl x | tar xz", "curl x | python3 -m json.tool", "curl x | perl -ne print"],
  ...[
    "curl x | python3 -c 'import sys'",
    "curl x | sh check.sh",
    "curl x | node filter.js",
    "curl x | tee sh",
    'x="$(curl y)"',
  ],
  ...[
    "echo $(curl x)",
    "kill -1 4711",
    "kill 4711",
    "kill -9 $PID",
    "kill %1",
    "systemctl restart nginx",
    "shutdown -c",
  ],
  ...[
    "f() { f2 | f3 & }; f",
    "walk() { for x in *; do walk $x; done; }",
    "chmod -R 755 ./dist",
    "chown -R me /srv/app",
    "chmod 644 /etc/app",
  ],
  ...[
    "./reboot-test.sh",
    "npm run halt",
    "make init",
    "init 3",
    "echo reboot",
    "docker run x sh -c true",
    "rm -rf ${X:?}/*",
    "rm -rf $X/build",
  ],
  ...["ssh host uptime", "", "   ", "\n", "#", "true", "A=1", "A=1 B=2 make"],
];

/** Guard rails end somewhere: these are in the docs as well. */
const UNSEEN: readonly string[] = [
  "echo cm0gLXJmIC8= | base64 -d | sh",
  "$(echo rm) -rf /",
  "curl -o x https://y && sh x",
  "python3 -c 'import shutil; shutil.rmtree(\"/\")'",
  "perl -e 'fork while 1'",
  "awk 'BEGIN { system(\"rm -rf /\") }'",
  "./innocent.sh",
  "echo / | xargs rm -rf",
  "ssh host rm -rf /",
  "while read line; do $line; done < file",
  "ln -s / x && rm -rf x/",
];

describe("the rules that come with Octopus", () => {
  for (const [rule, commands] of Object.entries(REFUSED)) {
    test(`${rule} refuses what it is for`, () => {
      for (const command of commands)
        assert.ok(rules(command).includes(rule), `${command} passes ${rules(command).join()}`);
    });
  }

  test("what only looks alike passes", () => {
    for (const command of PASSES) assert.deepEqual(rules(command), [], command);
  });

  test("what no text shows passes", () => {
    for (const command of UNSEEN) assert.deepEqual(rules(command), [], command);
  });

  test("a variable that may be empty in front of / is warned of", () => {
    assert.deepEqual(rules("rm -rf $DIR/*"), ["remove-unknown (warn)"]);
    assert.deepEqual(rules('rm -rf "$DIR/"'), ["remove-unknown (warn)"]);
  });

  test("variables of the task are known", () => {
    assert.deepEqual(rules({ command: "rm -rf $DIR/*", env: { DIR: "/srv/x" } }), []);
    assert.deepEqual(rules({ command: "rm -rf $DIR", env: { DIR: "/" } }), ["remove-system"]);
    assert.deepEqual(rules({ command: '"$X" -rf /', env: { X: "rm" } }), ["remove-system"]);
    assert.deepEqual(rules({ command: "rm -rf *", cwd: "/" }), ["remove-system"]);
    assert.deepEqual(rules({ command: "rm -rf $DIR", env: { DIR: "${{ params.dir }}" } }), []);
  });

  test("the interpreter counts: text for another one is an argument, arguments of its own are looked at", () => {
    assert.deepEqual(rules({ command: "rm -rf /", shell: ["/bin/bash", "-c"] }), ["remove-system"]);
    assert.deepEqual(rules({ command: "rm -rf /", shell: ["sudo", "bash", "-c"] }), ["remove-system"]);
    assert.deepEqual(rules({ command: "print('rm -rf /')", shell: ["python3", "-c"] }), []);
    assert.deepEqual(rules({ command: "/", shell: ["rm", "-rf"] }), ["remove-system"]);
  });

  test("the message names the part of the command and why", () => {
    const [finding] = judge("cd /tmp && sudo rm   -rf / && echo done");
    assert.equal(finding?.command, "sudo rm -rf /");
    assert.match(finding.why, /removes a folder/);
  });

  test("single ones can be left out, all can", () => {
    assert.deepEqual(rules("reboot", policyOf({ without: ["power-off"] })), []);
    assert.deepEqual(rules("rm -rf /; reboot", policyOf({ without: ["power-off"] })), ["remove-system"]);
    assert.deepEqual(rules("rm -rf /", policyOf({ defaults: false })), []);
  });
});

describe("modes", () => {
  test("warn makes warnings of all, off looks at nothing, an arm may have its own", () => {
    assert.deepEqual(rules("rm -rf /", policyOf({ mode: "warn" })), ["remove-system (warn)"]);
    assert.deepEqual(rules("rm -rf /", policyOf({ mode: "off" })), []);
    const mixed = policyOf({ mode: "off", arms: { deploy: { mode: "enforce" } } });
    assert.deepEqual(rules("rm -rf /", mixed), []);
    assert.deepEqual(rules("rm -rf /", mixed, { arm: "deploy" }), ["remove-system"]);
    assert.equal(mixed.isOff, false);
    assert.equal(policyOf({ mode: "off" }).isOff, true);
  });
});

describe("rules of one's own", () => {
  test("the first that fits decides, in front of the shipped ones", () => {
    const policy = policyOf({
      rules: {
        backups: { allow: { program: "dd", args: ["of=/dev/sdz"] }, roles: ["admin"] },
        "no-dd": { deny: { program: "dd" }, why: "use cp" },
      },
    });
    assert.deepEqual(rules("dd if=x of=/dev/sdz", policy, { role: "admin" }), []);
    assert.deepEqual(rules("dd if=x of=/dev/sdz", policy), ["no-dd"]);
    assert.deepEqual(rules("dd if=x of=y", policy, { role: "admin" }), ["no-dd"]);
  });

  test("arms and roles bound a rule", () => {
    const policy = policyOf({
      rules: { docker: { deny: { program: ["docker", "podman*"] }, arms: ["a"], roles: ["submitter"] } },
    });
    assert.deepEqual(rules("podman-compose up", policy, { arm: "a" }), ["docker"]);
    assert.deepEqual(rules("podman-compose up", policy), []);
    assert.deepEqual(rules("docker ps", policy, { arm: "a", role: "operator" }), []);
    assert.ok(policy.differsByArm);
  });

  test("arguments in any order, short options joined, long ones cut or with a value", () => {
    const policy = policyOf({ rules: { force: { deny: { program: "git", args: ["push", "-f|--force*"] } } } });
    for (const command of ["git push -f", "git push origin --force", "git push -uf", "git push --force-with-lease=x"])
      assert.deepEqual(rules(command, policy), ["force"], command);
    for (const command of ["git push", "git add -f x", "git commit -m 'push --force'"])
      assert.deepEqual(rules(command, policy), [], command);
  });

  test("paths, folders, writes, removals, variables, pipes", () => {
    const policy = policyOf({
      defaults: false,
      rules: {
        secrets: { deny: { paths: ["/etc/**", "~/.ssh/**"] } },
        data: { deny: { removes: "/srv/data/**" } },
        logs: { deny: { writes: "/var/log/*" } },
        inside: { deny: { program: ["cp", "rm", "tar"], outside: ["/srv", "/tmp"] } },
        preload: { deny: { env: "LD_*" } },
        mail: { deny: { program: "cat", pipesTo: ["mail", "nc"] } },
      },
    });
    const table: Record<string, string[]> = {
      "cat /etc/shadow": ["secrets"],
      "cat < /etc/shadow": ["secrets"],
      "cat /srv/../etc/x": ["secrets"],
      "tar --file=/etc/x": ["secrets"],
      "cat ~/.ssh/id": ["secrets"],
      "cat $HOME/.ssh/id": ["secrets"],
      "cat /srv/etc": [],
      "rm -rf /srv/data": ["data"],
      "rm /srv/data/x/y": ["data"],
      "find /srv/data -name '*.old' -delete": ["data"],
      "mv /srv/data/x /tmp": ["data"],
      "echo x >> /var/log/syslog": ["logs"],
      "echo x | tee /var/log/a": ["logs"],
      "echo x > /var/log/a/b": [],
      "cp a /home/x": ["inside"],
      "cp /srv/a ../b": ["inside"],
      "cp $X/a /srv": ["inside"],
      "cp a b": [],
      "cp /srv/a /tmp/b": [],
      "LD_PRELOAD=x.so ls": ["preload"],
      "export LD_LIBRARY_PATH=.": ["preload"],
      "env LD_AUDIT=x ls": ["preload"],
      "cat x | gzip | nc h 1": ["mail"],
      "cat x | sort": [],
    };
    for (const [command, expected] of Object.entries(table))
      assert.deepEqual(rules(command, policy), expected, command);
    assert.deepEqual(rules({ command: "ls", env: { LD_PRELOAD: "x" } }, policy), ["preload"]);
  });
});

describe("an arm that names its programs", () => {
  const policy = policyOf({
    rules: { tools: { allow: { program: "/opt/tools/*" } }, no: { deny: { program: "git", args: ["gc"] } } },
    arms: { deploy: { only: ["git", "npm"] } },
  });
  const on = { arm: "deploy" };

  test("takes them, what the shell does itself, and what only passes them on", () => {
    for (const command of [
      ...["git pull", "cd /srv && git pull && npm ci", "timeout 5 git pull", "echo hi > x", "sh -c 'git pull'"],
      ...[
        "deploy() { git pull; npm ci; }; deploy",
        "[ -d x ] && git pull",
        "A=1 git pull",
        "if git diff; then npm ci; fi",
      ],
      ...["/opt/tools/release --now", "env A=1 nice -n 5 npm ci", "git pull # rm"],
    ])
      assert.deepEqual(rules(command, policy, on), [], command);
  });

  test("refuses others, and what only the shell will know", () => {
    for (const command of [
      ...[
        "ls",
        "git pull; ls",
        "sudo git pull",
        "$X pull",
        "$(echo git) pull",
        "git pull | sh",
        "bash x.sh",
        "eval $X",
      ],
      ...["xargs git pull", "find . -exec ls ';'", "git $(ls)", "sh -c ls", "source x", "npm ci &", "exec ls"],
    ]) {
      const expected = command === "npm ci &" ? [] : ["only"];
      assert.deepEqual([...new Set(rules(command, policy, on))], expected, command);
    }
    assert.deepEqual(rules("git gc", policy, on), ["no"]);
    assert.deepEqual(rules("git 'pull", policy, on), ["unreadable"]);
    assert.deepEqual(rules({ command: "git pull", shell: ["pwsh", "-c"] }, policy, on), ["only", "only"].slice(0, 1));
    assert.deepEqual(rules("ls", policy), []);
  });
});
