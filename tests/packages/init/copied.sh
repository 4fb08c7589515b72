# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# For the parts that run something in a copy of the machine (copy.sh), which
# read it after tap.sh.  They set adit, the program that the copy has.
#
# shellcheck shell=sh disable=SC2154

# Archives of packages that the copy has, and a folder that it can see.
debs='' also=''

# in_copy COMMAND...: runs it in a copy.
in_copy() {
	mkdir -p "$work/copy"
	unshare -m -p -f -n --kill-child \
		sh "$srcdir/tests/packages/init/copy.sh" "$work/copy" \
		"$srcdir" "$adit" "$debs" "$also" "$@"
}

# can_copy: whether there can be one; else skips NAME with the reason.
can_copy() {
	if [ "$(id -u)" = 0 ] && in_copy true >"$work/words" 2>&1; then
		return 0
	fi
	skip "$1" "no copy of the machine: $(tail -n 1 "$work/words")"
	return 1
}

# run_copied TITLE SCRIPT [ARGUMENT...]: a script of tests/packages; its tests
# become ours.
run_copied() {
	title=$1 script=$srcdir/tests/packages/$2
	shift 2
	in_copy sh "$script" "$srcdir" "$@" >"$work/inner" 2>&1
	awk -v n="$tests" -v title="$title" '
	/^(not )?ok / {
		bad = /^not/
		sub(/^(not )?ok [0-9]+ - /, "")
		print (bad ? "not ok " : "ok ") ++n " - " title ": " $0
		next
	}
	/^1\.\.[1-9][0-9]*$/ { planned = 1; next }
	{ print /^#/ ? $0 : "# " $0 }
	END {
		if (!planned)
			print "not ok " ++n " - " title " ran to its end"
	}' "$work/inner" | tee "$work/renamed"
	tests=$((tests + $(grep -c '^\(not \)\{0,1\}ok ' "$work/renamed")))
}
