# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# The part of ../openwrt.sh about adit-mini: what it says of configurations, and
# what it has by the object of ubus.
#
# NOTES.  ADIT_MINI is the program; without it one is built for this machine,
# with the package's options.  mini/NAME.out has what `/etc/init.d/adit check`
# says of mini/NAME.uci, or of init/NAME.uci where adit-mini lacks something of
# it; of the others it says what adit says.
#
# shellcheck shell=sh disable=SC2154

# mini_options: those of configure.
mini_options() {
	sed -n '/BUILD_VARIANT),mini/,/^else/s/.*\(--with[a-z-]*\).*/\1/p' \
		"$package/adit/Makefile"
}

build_mini() {
	[ -z "${ADIT_MINI-}" ] || return 0
	ADIT_MINI=$work/mini/adit
	within "$work/mini" sh -c "'$srcdir/configure' -q CFLAGS=-O0 \
		$(mini_options | tr '\n' ' ') && make -s $jobs all"
}

# checks PROGRAM FILE.uci: without the times of what is logged.
checks() {
	ADIT=$1 sh "$stubs/run-init.sh" "$root" "$2" check 2>&1 |
		sed 's/^[0-9-]* [0-9:]* //'
}

# says_the_same FILE.uci
says_the_same() {
	checks "$ADIT" "$1" >"$work/full.out" 2>&1
	acts_as "$work/full.out" checks "$ADIT_MINI" "$1"
}

if check 'adit-mini is there' build_mini; then
	ADIT_MINI=$(cd "$(dirname "$ADIT_MINI")" && pwd)/${ADIT_MINI##*/}
	for input in "$stubs"/init/*.uci; do
		of=$(basename "$input" .uci)
		[ -f "$stubs/mini/$of.out" ] ||
			check "adit-mini: $of: as adit" says_the_same "$input"
	done
	for expected in "$stubs"/mini/*.out; do
		input=${expected%.out}.uci of=$(basename "$expected" .out)
		[ -f "$input" ] || input=$stubs/init/$of.uci
		check "adit-mini: $of" acts_as "$expected" \
			checks "$ADIT_MINI" "$input"
	done
	# The forms are tested with these answers.
	answers 'what adit has' features '{}' "it == __import__('json').load(
		open('$stubs/luci/features.json'))"
	ADIT_PROG=$ADIT_MINI
	answers 'what adit-mini has' features '{}' "it == __import__('json').load(
		open('$stubs/luci/features-mini.json'))"
	ADIT_PROG=$work/none
	answers 'no program' features '{}' \
		'not it["left"] and not it["commands"] and it["status"] is False'
	ADIT_PROG=$ADIT
	export ADIT_PROG
fi
