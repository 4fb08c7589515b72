# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
"""powershell.py FILE...: each script for PowerShell can be read.

By PowerShell itself where pwsh is installed; else by the grammar of
tree-sitter, if the folder ADIT_GRAMMAR has it, with web-tree-sitter, in its
node_modules; and in each case by a reader of strings, comments and brackets."""

import os
import pathlib
import re
import shutil
import subprocess
import sys

CLOSING = {"(": ")", "[": "]", "{": "}"}


class Reader:
    """Reads a script as far as strings, comments and brackets go."""

    def __init__(self, text):
        self.text = text
        self.at = 0

    def fail(self, what, at=None):
        line = self.text.count("\n", 0, self.at if at is None else at) + 1
        raise SystemExit(f"line {line}: {what}")

    def skip_past(self, end):
        found = self.text.find(end, self.at)
        if found < 0:
            self.fail(f"nothing ends before {end!r}")
        self.at = found + len(end)

    def read_string(self):
        """A string in double quotes, which may have $(...) in it."""
        began = self.at
        self.at += 1
        while self.at < len(self.text):
            c = self.text[self.at]
            if c == "`":
                self.at += 2
            elif c == '"':
                self.at += 1
                return
            elif self.text.startswith("$(", self.at):
                self.at += 2
                self.read_code(")", self.at)
            else:
                self.at += 1
        self.fail("a string has no end", began)

    def read_code(self, until, began):
        """Code up to that bracket, or to the end."""
        while self.at < len(self.text):
            c = self.text[self.at]
            if self.text.startswith("<#", self.at):
                self.skip_past("#>")
            elif c == "#":
                end = self.text.find("\n", self.at)
                self.at = len(self.text) if end < 0 else end
            elif c == "'":
                self.at += 1
                self.skip_past("'")
            elif c == '"':
                self.read_string()
            elif c == "`":
                self.at += 2
            elif c in "([{":
                self.at += 1
                self.read_code(CLOSING[c], self.at)
            elif c in ")]}":
                if c != until:
                    self.fail(f"{c!r} where {until!r} is expected")
                self.at += 1
                return
            else:
                self.at += 1
        if until is not None:
            self.fail(f"{until!r} is missing", began)


# Prints the first mistake of each file.  One process for all: to read the
# grammar takes most of the time.
GRAMMAR = r"""
const { Parser, Language } = require("web-tree-sitter");
const { readFileSync } = require("fs");
function mistake(node) {
	if (node.isError || node.isMissing)
		return node;
	return node.children.map(mistake).find((found) => found);
}
Parser.init().then(() => Language.load(
    "node_modules/tree-sitter-powershell/tree-sitter-powershell.wasm")
).then((language) => {
	const parser = new Parser();
	parser.setLanguage(language);
	for (const name of process.argv.slice(1)) {
		const found = mistake(parser.parse(
		    readFileSync(name, "utf8")).rootNode);
		if (found)
			console.log(`${name}:${found.startPosition.row + 1}`);
	}
});
"""


def check_grammar(paths):
    """By the grammar; False: there is none."""
    folder = os.environ.get("ADIT_GRAMMAR")
    if not folder or shutil.which("node") is None:
        return False
    done = subprocess.run(
        ["node", "-e", GRAMMAR, *(path.resolve() for path in paths)],
        cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0 or done.stdout or done.stderr:
        raise SystemExit(f"{done.stdout}{done.stderr}")
    return True


def check_pwsh(path):
    """By PowerShell; False: there is none."""
    if shutil.which("pwsh") is None:
        return False
    script = "$e = $null; [void][Management.Automation.Language.Parser]::" \
        f"ParseFile('{path}', [ref]$null, [ref]$e); $e; exit $e.Count"
    done = subprocess.run(["pwsh", "-NoProfile", "-Command", script],
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{path}: {done.stdout}{done.stderr}")
    return True


def main():
    paths = [pathlib.Path(name) for name in sys.argv[1:]]
    for path in paths:
        text = path.read_text(encoding="ascii")
        Reader(text).read_code(None, 0)
        # A continued line ends there.
        for number, line in enumerate(text.splitlines(), 1):
            if re.search("`[ \t]+$", line):
                raise SystemExit(f"{path}:{number}: a blank behind `")
    if all([check_pwsh(path) for path in paths]):
        print("PowerShell reads them")
    elif check_grammar(paths):
        print("the grammar has them")
    else:
        print("brackets and strings are right; there is neither pwsh nor a "
              "grammar here")


if __name__ == "__main__":
    main()
