#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# What README.md and contrib/examples tell people to type exists: files,
# targets of make, options of configure and of adit, keys of ends.  What
# doc/*.md and HACKING.md name exists: files and functions.  What needs ./adit
# is skipped without it.
#
# NOTES.  A command line of adit is accepted if it is with --help behind it:
# help is printed when everything before it was understood.

srcdir=$(cd "${1:-.}" && pwd) || exit 1
: "${EXEC_WRAPPER=}" "${EXEEXT=}" "${SH=sh}"
LC_ALL=C
export LC_ALL
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' 0
trap 'exit 1' 1 2 15

n=0
# report NAME STATUS
report() {
	n=$((n + 1))
	if [ "$2" = 0 ]; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
	fi
}

# typed FILE: the lines in its blocks of shell, those that end with a
# backslash joined.
typed() {
	awk '
	/^ *```/ { inside = !inside && /sh$/; next }
	!inside { next }
	{ sub(/^ +/, "") }
	/\\$/ { sub(/\\$/, ""); part = part $0; next }
	{ print part $0; part = "" }' "$1"
}

# adit ARGUMENT...
adit() {
	# A list of words.
	# shellcheck disable=SC2086
	$EXEC_WRAPPER "./adit$EXEEXT" "$@" 2>&1
}

# spec_keys SPEC: whether the keys of an end are there.
spec_keys() {
	kind=${1%%:*}
	adit help "$kind" | tr -d '\r' >"$work/keys"
	echo "$1" | tr ',' '\n' | sed '1d; s/=.*//' | while read -r key; do
		grep -q -e "^  $key\$" -e "^  $key=" "$work/keys" || exit 1
	done
}

# check_adit LINE: a command line of adit.
check_adit() {
	# Split as a shell does, which these lines are written for.
	eval "set -- $1"
	shift
	for word; do
		case $word in
		udp:* | udp-listen:* | t[cl][ps]:* | t[cl][ps]-listen:*)
			spec_keys "$word" || return 1
			;;
		esac
	done
	adit "$@" --help >"$work/out"
}

# links FILE: the files that it links to.
links() {
	awk '
	{
		while (match($0, /\]\([^):#]+\)/)) {
			print substr($0, RSTART + 2, RLENGTH - 3)
			$0 = substr($0, RSTART + RLENGTH)
		}
	}' "$1" | sort -u
}

# has_tls: whether the program has, and so all that the pages show.
has_tls() {
	[ -f "./adit$EXEEXT" ] && adit help tls >"$work/out"
}

# $SH may be two words: busybox sh.
# shellcheck disable=SC2086
$SH "$srcdir/configure" --help >"$work/help"
for page in README.md contrib/examples/wireguard/README.md; do
	folder=$srcdir/$(dirname "$page")
	links "$srcdir/$page" >"$work/links"
	while read -r file; do
		[ -e "$folder/$file" ]
		report "$page: $file is there" $?
	done <"$work/links"

	typed "$srcdir/$page" >"$work/typed"
	while read -r line; do
		case $line in
		'sh '* | 'cp contrib/'*)
			file=${line#* }
			[ -e "$srcdir/${file%% *}" ]
			report "$page: $line" $?
			;;
		'make '*)
			grep -q "^${line#make }:" "$srcdir/Makefile.in"
			report "$page: $line" $?
			;;
		'adit '*)
			if has_tls; then
				check_adit "$line" </dev/null
				report "$page: $line" $?
			else
				n=$((n + 1))
				echo "ok $n # SKIP there is no ./adit with TLS"
			fi
			;;
		esac
	done <"$work/typed"

	# The table of configure's options.
	awk '/^\| `--/ { sub(/[=`]/, " ", $2); gsub(/[`=]/, " ", $2)
		split($2, words, " "); print words[1] }' \
		"$srcdir/$page" >"$work/options"
	while read -r option; do
		grep -q -e "^  ${option}[= ]" -e "^  ${option}\$" "$work/help"
		report "$page: configure $option" $?
	done <"$work/options"
done

# names FILE: files of src/ and functions that it names in code.
names() {
	awk '
	{
		while (match($0, /`[^`]+`/)) {
			name = substr($0, RSTART + 1, RLENGTH - 2)
			$0 = substr($0, RSTART + RLENGTH)
			if (name ~ /^[a-z][a-z_0-9]*_[a-z_0-9]*\(\)$/ ||
			    name ~ /^(src|tests|compat|doc)\/[^ ]*[a-z]$/)
				print name
		}
	}' "$1" | sort -u
}

for page in doc/DESIGN.md doc/PORTING.md HACKING.md; do
	missing=''
	names "$srcdir/$page" >"$work/names"
	while read -r name; do
		case $name in
		*NAME*) ;;
		*'()')
			grep -qw "${name%??}" "$srcdir"/src/*/*.[ch] \
				"$srcdir"/compat/*.h ||
				missing="$missing $name"
			;;
		*) [ -e "$srcdir/$name" ] || missing="$missing $name" ;;
		esac
	done <"$work/names"
	[ -z "$missing" ]
	report "$page names what is there${missing:+, but}$missing" $?
	links "$srcdir/$page" >"$work/links"
	while read -r file; do
		[ -e "$srcdir/$(dirname "$page")/$file" ]
		report "$page: $file is there" $?
	done <"$work/links"
done

[ "$(readlink "$srcdir/README" 2>/dev/null)" = README.md ] ||
	cmp -s "$srcdir/README" "$srcdir/README.md"
report 'README is README.md' $?
echo "1..$n"
