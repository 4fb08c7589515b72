#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# What `adit help COMMAND` and `adit help KIND` print and what the manual
# pages describe are the same options and keys.  Needs ./adit.
#
# NOTES.  In adit.8 the options of COMMAND are the `.It Fl` lines under
# `.Ss adit COMMAND`, the keys of KIND the `.It Cm` lines under each
# `.Ss Keys of ..., KIND, ...`.  The old tools have pages of their own.

srcdir=$(cd "${1:-.}" && pwd) || exit 1
: "${EXEC_WRAPPER=}" "${EXEEXT=}"
LC_ALL=C
export LC_ALL

if [ ! -f "./adit$EXEEXT" ]; then
	echo '1..0 # SKIP there is no ./adit'
	exit 0
fi
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' 0
trap 'exit 1' 1 2 15

# adit ARGUMENT...: what it prints.
adit() {
	# A list of words.
	# shellcheck disable=SC2086
	$EXEC_WRAPPER "./adit$EXEEXT" "$@" 2>/dev/null | tr -d '\r'
}

# help_options: the options, short and long, in the help that is read.
help_options() {
	awk '
	/^ +-/ {
		for (i = 1; i <= 2; i++) {
			sub(/(\[|=|,).*/, "", $i)
			if ($i ~ /^-/)
				print $i
		}
	}' | sort
}

# page_options PAGE [SECTION]: those that a page, or a section of it, has.
page_options() {
	awk -v section="$2" '
	/^\.S[sh] / { inside = section == "" || $0 == ".Ss " section }
	/^\.It Fl / && (inside || section == "") {
		line = $0
		sub(/^\.It Fl /, "", line)
		sub(/ (Ar|Ns) .*/, "", line)
		n = split(line, words, / , /)
		for (i = 1; i <= n; i++)
			print "-" words[i]
	}' "$srcdir/doc/$1" | sort
}

# help_keys: the keys of the end whose help is read.
help_keys() {
	awk '/^  [a-z]/ { sub(/=.*/, "", $1); print $1 }' | sort
}

# page_keys KIND
page_keys() {
	awk -v kind="$1" '
	/^\.S[sh] / { inside = 0 }
	/^\.Ss Keys of / {
		sub(/^\.Ss Keys of /, "")
		n = split($0, kinds, /, /)
		for (i = 1; i <= n; i++)
			if (kinds[i] == kind)
				inside = 1
	}
	/^\.It Cm / && inside { print $3 }' "$srcdir/doc/adit.8" | sort
}

# shellcheck source=tests/lint/report.sh
. "$srcdir/tests/lint/report.sh"

# same NAME: compares $work/program and $work/page.
same() {
	n=$((n + 1))
	if [ -s "$work/program" ] && diff "$work/program" "$work/page" \
		>"$work/diff"; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		echo '# < the program says, > the page says'
		sed -n 's/^[<>]/# &/p' "$work/diff"
	fi
}

# words BEGIN END: the first words of indented lines between two lines.
words() {
	sed -n "/$1/,/$2/p" | awk '/^  [a-z]/ { print $1 }'
}

for command in $(adit help | words '^usage' '^Try'); do
	[ "$command" != help ] || continue
	adit help "$command" | help_options >"$work/program"
	if [ -f "$srcdir/doc/$command.8" ]; then
		page=$command.8
		page_options "$page" >"$work/page"
	else
		page=adit.8
		page_options adit.8 "adit $command" >"$work/page"
	fi
	same "options of $command in $page"
done

kinds=$(adit tunnel --help | words '^LEFT' '^Options')
for kind in $kinds; do
	adit help "$kind:" | help_keys >"$work/program"
	page_keys "$kind" >"$work/page"
	same "keys of $kind in adit.8"
	grep -q "^\.It Cm $kind\$" "$srcdir/doc/adit.8"
	report_status "$kind in adit.8" $?
done
# A configuration of defaults shows all keys of the process.
printf '[tunnel a]\nleft = udp-listen::1\nright = udp:h:1\n' >"$work/conf"
adit check -c "$work/conf" | sed -n '/^\[daemon]/,/^$/p' |
	awk '$1 == "#" { print $2 } $2 == "=" { print $1 }' |
	sort >"$work/program"
awk '
/^\.S[sh] / { inside = $0 == ".Ss The process" }
/^\.It Ic / && inside {
	for (i = 3; i <= NF; i += 2)
		print $i
}' "$srcdir/doc/adit.conf.5" | sort >"$work/page"
same 'keys of [daemon] in adit.conf.5'
echo "1..$n"
