# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""What may follow in a command line, in the shells themselves."""

import os
import pathlib
import pty
import re
import select
import subprocess
import time

import pytest

import harness
from harness import need, run

FILES = pathlib.Path(__file__).parents[2] / "contrib" / "completion"
NAMES = "uotp-server", "uotp-client"


def complete(adit, *words, env=None):
    """The candidates that the program itself gives."""
    return [line.split("\t")[0] for line in
            run(adit, "complete", *words, env=env).stdout.splitlines()]


# --- adit complete ----------------------------------------------------------

def test_commands_and_no_hidden_one(adit):
    listed = re.findall(r"^  (\S+)  ", run(adit, "help").stdout, re.M)
    assert complete(adit, "") == complete(adit) == listed
    assert complete(adit, "tun") == ["tunnel"]
    assert "complete" not in listed


def test_every_option_of_every_command(adit):
    """Those that --help shows."""
    for command in complete(adit, ""):
        shown = run(adit, command, "--help").stdout if command != "help" \
            else ""
        wanted = set(re.findall(r"^ {2,6}(?:-\w, )?(--?[a-z][\w-]+)", shown,
                                re.M))
        assert set(complete(adit, command, "-")) == wanted or \
            command == "dtlspipe", command
        for option in wanted:
            assert complete(adit, command, option)[0] == option


def test_every_kind_and_every_key(adit):
    left = complete(adit, "tunnel", "")
    right = complete(adit, "tunnel", "udp-listen::1", "")
    assert "udp-listen:" in left and "udp:" not in left
    assert "udp:" in right and "tls-listen:" not in right
    for kind in set(left + right):
        spec = kind + "h:1,"
        before = [] if kind in left else ["udp-listen::1"]
        shown = run(adit, "help", kind).stdout
        wanted = re.findall(r"^  ([a-z][\w-]*=?)", shown, re.M)
        found = complete(adit, "tunnel", *before, spec)
        assert [w[len(spec):] for w in found] == wanted, kind


@pytest.mark.parametrize("words,wanted", [
    (["udp-listen::1", "tls:h:1,cafile=x,c"], ["tls:h:1,cafile=x,cert="]),
    (["udp-listen::1", "tls:{a,b:1},po"], ["tls:{a,b:1},pool="]),
    (["udp-listen::1", "tls:h:1,name=a,,b,po"], ["tls:h:1,name=a,,b,pool="]),
    (["udp-listen::1", "udp:h:1,df=n"], ["udp:h:1,df=no"]),
    (["udp-listen::1", "tls:h:1,cert=/e"], [":files"]),
    (["udp-listen::1", "tls:h:1,timeout="], []),
    (["udp-listen::1", "tls:h:1"], []),
    (["udp-listen::1", "nonsense:h:1,"], []),
    (["tun:,addr=10.0.0.1/24,add"], ["tun:,addr=10.0.0.1/24,addr="]),
    (["--stale-mode=e"], ["--stale-mode=either"]),
    (["--stale-mode", "e"], ["either"]),
    (["-v", "w"], ["warn"]),
    (["--pidfile", ""], [":files"]),
    (["--daemon", "udp-listen::1", "ud"], ["udp:", "udp2tcp:"]),
])
def test_specs_and_values(words, wanted, adit):
    assert complete(adit, "tunnel", *words) == wanted


def test_other_commands(adit, tmp_path):
    assert complete(adit, "convert", "uotp-") == ["uotp-server",
                                                  "uotp-client"]
    assert complete(adit, "convert", "uotp-client", "--pool") == \
        ["--pool-size"]
    assert complete(adit, "convert", "tunnel", "udp-l") == ["udp-listen:"]
    assert complete(adit, "help", "dtls-") == ["dtls-listen"]
    assert complete(adit, "no-such-command", "") == []
    assert complete(adit, "run", "-c", "") == [":files"]
    path = tmp_path / "adit.conf"
    path.write_text("[tunnel home]\nnonsense\n[tunnel office]\n[x")
    if "\n  doctor " in run(adit, "help").stdout:
        assert complete(adit, "doctor", "-c", path, "ho") == ["home"]
        assert complete(adit, "doctor", f"--config={path}", "home",
                        "") == ["home", "office"]
        assert complete(adit, "doctor", "udp-listen::1", "tl") == ["tls:"]


# --- The shells -------------------------------------------------------------

class Terminal:
    """A shell that someone types into."""

    def __init__(self, argv, folder, env):
        self.master, slave = pty.openpty()
        self.shell = subprocess.Popen(
            argv, stdin=slave, stdout=slave, stderr=slave, cwd=folder,
            env={"PATH": env, "HOME": str(folder), "TERM": "dumb"},
            start_new_session=True)
        os.close(slave)
        self.seen = ""

    def type(self, text, wanted):
        """Types and waits until what is seen then matches."""
        self.seen = ""
        os.write(self.master, text.encode())
        deadline = time.monotonic() + harness.PATIENCE
        while not re.search(wanted, self.seen, re.S):
            left = deadline - time.monotonic()
            assert left > 0, f"no {wanted!r} in {self.seen!r}"
            if select.select([self.master], [], [], left)[0]:
                self.seen += os.read(self.master, 65536).decode(
                    errors="replace")

    def end(self):
        self.shell.kill()
        self.shell.wait()
        os.close(self.master)


@pytest.fixture
def shell(adit, tmp_path):
    (tmp_path / "bin").mkdir()
    for name in "adit", *NAMES:
        (tmp_path / "bin" / name).symlink_to(adit)
    (tmp_path / "ca-of-mine.pem").write_text("")
    path = f"{tmp_path}/bin:{os.environ['PATH']}"
    made = []

    def shell(*argv):
        need(argv[0])
        made.append(Terminal(argv, tmp_path, path))
        return made[-1]
    shell.folder, shell.path = tmp_path, path
    yield shell
    for terminal in made:
        terminal.end()


TYPED = [
    ("adit che\t", r"adit check "),
    ("adit tunnel udp-l\t", r"udp-listen:"),
    ("adit tunnel udp-listen::1 tls:h:1,po\t", r"tls:h:1,pool="),
    ("adit tunnel udp-listen::1 udp:h:1,df=y\t", r"udp:h:1,df=yes"),
    ("adit tunnel udp-listen::1 tls:h:1,cafile=ca-of\t",
     r"tls:h:1,cafile=ca-of-mine\.pem"),
    ("adit tunnel --stale-m\t", r"--stale-mode"),
    ("adit tunnel --stale-mode ei\t", r"--stale-mode either"),
    ("uotp-client --pool\t", r"uotp-client --pool-size"),
]


def type_all(terminal):
    for typed, wanted in TYPED:
        terminal.type(typed, wanted)
        terminal.type("\x15echo do''ne\n", r"\ndone")


def test_bash(shell):
    bash = shell("bash", "--norc", "--noprofile", "-i")
    bash.type(f"source {FILES}/adit.bash; bind 'set bell-style none'; "
              "echo rea''dy\n", r"\nready")
    type_all(bash)
    bash.type("adit tunnel udp-listen::1 tls:h:1,c\t\t", r"cafile=\s+"
              r"(1,)?cert=")


def test_zsh(shell):
    zsh = shell("zsh", "-f", "-i")
    zsh.type(f"fpath=({FILES} $fpath); autoload -Uz compinit; compinit -u -D; "
             "unsetopt beep; echo rea''dy\n", r"\nready")
    type_all(zsh)
    zsh.type("adit tunnel udp-listen::1 tls:h:1,c\t\t", r"our certificate and "
             r"its chain")


def test_fish(shell):
    need("fish")
    for typed, wanted in TYPED:
        done = run("fish", "--no-config", "-c", f"source {FILES}/adit.fish; "
                   f"complete -C '{typed.strip()}'", cwd=shell.folder,
                   env={"PATH": shell.path, "HOME": str(shell.folder),
                        "TERM": "dumb"})
        last = wanted.split()[-1]
        assert re.search(rf"^{last}", done.stdout, re.M), (typed, done.stdout)
