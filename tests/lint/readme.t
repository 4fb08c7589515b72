#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# What README.md, doc/RECIPES.md and contrib/examples tell people to type
# exists: files, targets of make, options of configure and of adit, keys of
# ends.  The same holds for the commands in the units of contrib/systemd.  Files
# and functions that doc/*.md and HACKING.md name exist.  Checks that need
# ./adit are skipped without it.
#
# NOTES.  A command line of adit is correct if adit accepts it with --help at
# the end, or before the subcommand of dtlspipe: help is printed only if
# everything before it is correct.  udptunnel has a file as its only argument.

srcdir=$(cd "${1:-.}" && pwd) || exit 1
: "${EXEC_WRAPPER=}" "${EXEEXT=}" "${SH=sh}"
LC_ALL=C
export LC_ALL
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' 0
trap 'exit 1' 1 2 15

# shellcheck source=tests/lint/report.sh
. "$srcdir/tests/lint/report.sh"

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
	adit help "$kind:" | tr -d '\r' >"$work/keys"
	echo "$1" | tr ',' '\n' | sed '1d; s/=.*//' | while read -r key; do
		grep -q -e "^  $key\$" -e "^  $key=" "$work/keys" || exit 1
	done
}

# check_adit LINE: a command line of adit.
check_adit() {
	# Split as a shell does, which these lines are written for; but no file
	# is written here.
	eval "set -- ${1%% >*}"
	shift
	for word; do
		case $word in
		udp:* | udp-listen:* | t[cl][ps]:* | t[cl][ps]-listen:* | \
			dtls:* | dtls-listen:* | uott:* | uott-listen:* | \
			udp2tcp:* | udp2tcp-listen:* | \
			tun:* | ip-udp:*)
			spec_keys "$word" || return 1
			;;
		esac
	done
	# Behind a subcommand of dtlspipe are no options.
	if [ "$1" = dtlspipe ]; then
		for word; do
			shift
			case $word in
			server | client | hoppingclient) set -- "$@" -help ;;
			esac
			set -- "$@" "$word"
		done
	elif [ "$1" = udptunnel ] && [ $# = 2 ]; then
		set -- udptunnel
	fi
	adit "$@" --help >"$work/out"
}

# links FILE: what it links to, FILE, FILE#HEADING or #HEADING.
links() {
	awk '
	{
		while (match($0, /\]\([^):]+\)/)) {
			print substr($0, RSTART + 2, RLENGTH - 3)
			$0 = substr($0, RSTART + RLENGTH)
		}
	}' "$1" | sort -u
}

# check_link FILE LINK: whether what the file links to is there.
check_link() {
	case $2 in
	'#'*) to=$1 ;;
	*)
		to=$(dirname "$1")/${2%%#*}
		[ -e "$to" ] || return 1
		;;
	esac
	case $2 in
	*'#'*)
		sed -n 's/^##* //p' "$to" | tr 'A-Z ' 'a-z-' |
			tr -cd 'a-z0-9_\n-' | grep -qx -e "${2#*#}"
		;;
	esac
}

# built NAME: whether configure has decided to build that.
built() {
	grep -q "^#define HAVE_$1 1" config.h
}

# runs LINE: whether this build has what a command line of adit shows.
runs() {
	[ -f "./adit$EXEEXT" ] && built TLS || return 1
	case $1 in
	*dtls* | *genpsk*) built DTLS || return 1 ;;
	esac
	case $1 in
	*' tun:'* | 'adit udptun'*) built TUN || return 1 ;;
	esac
}

# report_adit WHERE LINE
report_adit() {
	if runs "$2"; then
		check_adit "$2" </dev/null
		report_status "$1: $2" $?
	else
		n=$((n + 1))
		echo "ok $n # SKIP there is no ./adit with that"
	fi
}

# $SH may be two words: busybox sh.
# shellcheck disable=SC2086
$SH "$srcdir/configure" --help >"$work/help"
for page in README.md doc/RECIPES.md \
	$(cd "$srcdir" && echo contrib/examples/*/README.md); do
	links "$srcdir/$page" >"$work/links"
	while read -r link; do
		check_link "$srcdir/$page" "$link"
		report_status "$page: $link is there" $?
	done <"$work/links"

	typed "$srcdir/$page" >"$work/typed"
	while read -r line; do
		case $line in
		'sh '* | 'cp contrib/'*)
			file=${line#* }
			[ -e "$srcdir/${file%% *}" ]
			report_status "$page: $line" $?
			;;
		'make '*)
			grep -q "^${line#make }:" "$srcdir/Makefile.in"
			report_status "$page: $line" $?
			;;
		'adit '*) report_adit "$page" "$line" ;;
		esac
	done <"$work/typed"

	# The table of configure's options.
	awk '/^\| `--/ { sub(/[=`]/, " ", $2); gsub(/[`=]/, " ", $2)
		split($2, words, " "); print words[1] }' \
		"$srcdir/$page" >"$work/options"
	while read -r option; do
		grep -q -e "^  ${option}[= ]" -e "^  ${option}\$" "$work/help"
		report_status "$page: configure $option" $?
	done <"$work/options"
done

# The units, with each ARGS that they have or show.
for unit in "$srcdir"/contrib/systemd/*.service; do
	start=$(sed -n 's/^ExecStart=[^ ]*\/adit /adit /p' "$unit")
	sed -n -e 's/^# *ARGS=//p' -e 's/^Environment="ARGS=\(.*\)"/\1/p' \
		"$unit" >"$work/args"
	while read -r args; do
		report_adit "contrib/systemd/${unit##*/}" \
			"${start%"\$ARGS"}$args"
	done <"$work/args"
done

# The configuration files.
for file in "$srcdir"/contrib/examples/*/*.conf \
	"$srcdir"/contrib/examples/*/*/adit.conf; do
	name=${file#"$srcdir/"}
	if [ -f "./adit$EXEEXT" ] && built TLS && built DTLS && built TUN; then
		adit check -c "$file" >"$work/out"
		report_status "$name has no mistake" $?
	else
		n=$((n + 1))
		echo "ok $n # SKIP there is no ./adit with that"
	fi
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

# sources FILE: files of C that it names, without folders.
sources() {
	tr -cs 'A-Za-z0-9_.' '\n' <"$1" | sed 's/\.$//' |
		grep '^[a-z][a-z0-9_]*\.[ch]$' | sort -u
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
	sources "$srcdir/$page" >"$work/names"
	while read -r name; do
		ls "$srcdir"/src/*/"$name" "$srcdir/compat/$name" \
			>"$work/found" 2>/dev/null
		[ -s "$work/found" ] || missing="$missing $name"
	done <"$work/names"
	[ -z "$missing" ]
	report_status "$page names what is there${missing:+, but}$missing" $?
	links "$srcdir/$page" >"$work/links"
	while read -r link; do
		check_link "$srcdir/$page" "$link"
		report_status "$page: $link is there" $?
	done <"$work/links"
done

[ "$(readlink "$srcdir/README" 2>/dev/null)" = README.md ] ||
	cmp -s "$srcdir/README" "$srcdir/README.md"
report_status 'README is README.md' $?
echo "1..$n"
