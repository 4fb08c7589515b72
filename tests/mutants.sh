#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# Breaks the promises of the code one at a time, and lists those whose mutants
# no unit test and no simulation detects: sh tests/mutants.sh, see usage().
#
# NOTES.  A mutant is tests/mutants/NAME.sed, a sed script that begins with
#	# promise: what it breaks, and where that is promised
#	# file: the one file of src/ or compat/ that it changes
#	# test: what is run first, as unit/test_NAME or sim/test_NAME; optional
# Each lane has its own folder: a copy of the sources (tree), their build
# (build), and the test programs built without a mutant (sound).  A program that
# is the same with the mutant cannot detect it and is not run.  A program that
# also fails without a mutant proves nothing: that is an error.

set -u
LC_ALL=C
export LC_ALL

usage() {
	cat <<'END'
usage: sh tests/mutants.sh [OPTION]... [PATTERN]...
Applies each mutant of tests/mutants/ (with patterns, those whose names match
one) to a copy of the sources, builds what it changed, runs the unit tests and
the simulations until one fails, and names the mutants that survive.

  -b DIR      build in DIR and leave it (default: a temporary folder)
  -j N        mutants at the same time, each in a copy of its own (default: 1)
  -l          list the mutants and the promises that they break
  -n          only look whether they apply; build nothing
  --help      show this

The last line is `N killed, N survived`; exit status 1 if one survived, 2 if
one does not apply, changes nothing or does not compile.
END
}

say() {
	printf '%s\n' "$*"
}

# bad WHY: the command line is wrong.
bad() {
	say "tests/mutants.sh: $*; --help shows what there is" >&2
	exit 2
}

srcdir=$(cd "$(dirname "$0")/.." && pwd) || exit 2
keep='' lanes=1 list=0 look=0 patterns=''
while [ $# -gt 0 ]; do
	case $1 in
	-b) [ $# -gt 1 ] || bad '-b needs a folder'; keep=$2; shift ;;
	-j) [ $# -gt 1 ] || bad '-j needs a number'; lanes=$2; shift ;;
	-l) list=1 ;;
	-n) look=1 ;;
	-h | --help) usage; exit 0 ;;
	-*) bad "$1: no such option" ;;
	*) patterns="$patterns $1" ;;
	esac
	shift
done
case $lanes in
'' | *[!0-9]* | 0) bad "-j $lanes: no number of mutants" ;;
esac

# Matching is done by `case`, not by the names of files here.
mutants=''
set -f
for name in $(cd "$srcdir/tests/mutants" && ls); do
	name=${name%.sed}
	[ -n "$patterns" ] || mutants="$mutants $name"
	for pattern in $patterns; do
		# shellcheck disable=SC2254
		case $name in
		$pattern) mutants="$mutants $name"; break ;;
		esac
	done
done
set +f
[ -n "$mutants" ] || bad "no mutant is named$patterns"

# header NAME KEY: what a mutant says there.
header() {
	sed -n "s/^# $2: *//p" "$srcdir/tests/mutants/$1.sed"
}

if [ $list = 1 ]; then
	for name in $mutants; do
		say "$name: $(header "$name" promise)"
	done
	exit 0
fi

work=$(mktemp -d) || exit 2
[ -n "$keep" ] || keep=$work
mkdir -p "$keep" "$work/claim" "$work/told" && keep=$(cd "$keep" && pwd) ||
	exit 2
running=''
clean_up() {
	trap '' 1 2 15
	# Lists of numbers.
	# shellcheck disable=SC2086
	[ -z "$running" ] || kill $running 2>/dev/null
	rm -rf "$work"
}
trap clean_up 0
trap 'exit 130' 1 2 15

# What ends a test that hangs (status 124), where there is such a tool.
limited=''
! timeout -k 9 9 true 2>/dev/null || limited='timeout -k 10 120'

# --- One mutant -------------------------------------------------------------

# apply NAME FILE TO: FILE as the mutant NAME makes it becomes TO; else says
# why not and fails.
apply() {
	[ -n "$(header "$1" promise)" ] || {
		say "$1: names no promise"
		return 1
	}
	case $(header "$1" file) in
	*..*) ;;
	src/*.c | compat/*.c) [ ! -f "$2" ] || made=yes ;;
	esac
	[ "${made-}" = yes ] || {
		say "$1: names no file that there is"
		return 1
	}
	made=''
	for test in $(header "$1" test); do
		[ -f "$srcdir/tests/$test.c" ] || {
			say "$1: there is no $test"
			return 1
		}
	done
	# The folder shows whether the script writes files.
	rm -rf "$work/apply.$1"
	mkdir "$work/apply.$1" || return
	(cd "$work/apply.$1" && sed -f "$srcdir/tests/mutants/$1.sed" "$2") \
		>"$3" 2>"$work/sed.$1" || {
		say "$1: does not apply: $(cat "$work/sed.$1")"
		return 1
	}
	[ -z "$(ls -A "$work/apply.$1")" ] || {
		say "$1: changes more than its file"
		return 1
	}
	! cmp -s "$2" "$3" || {
		say "$1: changes nothing"
		return 1
	}
}

if [ $look = 1 ]; then
	status=0
	for name in $mutants; do
		apply "$name" "$srcdir/$(header "$name" file)" \
			"$work/mutant" || status=2
	done
	exit $status
fi

# --- Building, in the folder of a lane --------------------------------------

# The sources become those of the project, without touching what is the same.
copy_sources() {
	mkdir -p tree || return
	(cd "$srcdir" && find configure configure.[fos]* Makefile.in compat \
		src tests/*.sh tests/unit tests/sim tests/data -type f \
		! -name '*.[od]') >files
	(cd tree && find . -type f | sed 's,^\./,,') >files.old
	while read -r file; do
		cmp -s "$srcdir/$file" "tree/$file" && continue
		case $file in
		*/*) mkdir -p "tree/${file%/*}" || return ;;
		esac
		cp "$srcdir/$file" "tree/$file" || return
	done <files 2>/dev/null
	grep -Fvx -f files files.old | while read -r file; do
		rm -f "tree/$file"
	done
}

# tool ARGUMENT...: make, without many words, into the file `made`.
tool() {
	(cd build && ${MAKE:-make} -s "$@") >made 2>&1 </dev/null
}

# The names of the test programs that are built, as unit/test_NAME.
# shellcheck disable=SC2016
programs() {
	sed -n 's,^tests/\(.*\)\$(EXEEXT):.*,\1,p' build/tests.mk
}

# Builds everything without a mutant.
build_sound() {
	copy_sources && mkdir -p build sound/unit sound/sim || return
	[ -f build/Makefile ] ||
		(cd build && sh ../tree/configure -q) >made 2>&1 || return
	tool -j "$1" tests CHECK='unit sim' || return
	for program in $(programs); do
		cp "build/tests/$program" "sound/$program" || return
	done
}

# run PROGRAM [FOLDER]
run() {
	(cd build && ADIT_TEST_DATA=$PWD/../tree/tests/data \
		$limited "${2-tests}/$1") >/dev/null 2>&1 </dev/null
}

# misses PROGRAM: whether it is a changed one that fails, and is sound.
misses() {
	# Run before.
	case " $ran " in
	*" $1 "*) return 1 ;;
	esac
	! cmp -s "build/tests/$1" "sound/$1" || return 1
	ran="$ran $1"
	! run "$1" || return 1
	run "$1" ../sound || {
		say "$2: $1 fails without it, too"
		return 1
	}
}

# look_first NAME FILE: those that are likely to miss it, if they are built.
look_first() {
	stem=${2##*/}
	for program in $(header "$1" test) "unit/test_${stem%.c}"; do
		[ -f "sound/$program" ] || continue
		tool -f tests.mk "tests/$program" || continue
		! misses "$program" "$1" || return 0
	done
	return 1
}

# look_at_all NAME
look_at_all() {
	tool -f tests.mk programs || return
	for program in $(programs); do
		! misses "$program" "$1" || return 0
	done
	[ -n "$ran" ] || say "$1: changes no program"
	program=''
}

# try_mutant NAME: builds, runs, says what became of it, mends the file.
try_mutant() {
	file=$(header "$1" file)
	at=$(date +%s)
	ran='' program=''
	apply "$1" "$srcdir/$file" mutant || return
	cp mutant "tree/$file"
	if ! tool libadit.a; then
		say "$1: does not compile:"
		sed 's/^/  /' made
	elif look_first "$1" "$file" || look_at_all "$1"; then
		took=$(($(date +%s) - at))
		if [ -n "$program" ]; then
			say "$1: killed by $program ($took s)"
		elif [ -n "$ran" ]; then
			say "$1: SURVIVED ($took s): $(header "$1" promise)"
		fi
	else
		say "$1: its programs cannot be built:"
		sed 's/^/  /' made
	fi
	cp "$srcdir/$file" "tree/$file"
}

# lane: what nobody has begun.
lane() {
	for name in $mutants; do
		mkdir "$work/claim/$name" 2>/dev/null || continue
		try_mutant "$name" >"$work/told/$name"
		cat "$work/told/$name"
	done
}

# A new lane has the time stamps of the first one.
n=0
while [ $n -lt "$lanes" ]; do
	n=$((n + 1))
	[ $n = 1 ] || [ -d "$keep/$n" ] || cp -Rp "$keep/1" "$keep/$n" || exit 2
	mkdir -p "$keep/$n" && cd "$keep/$n" || exit 2
	build_sound "$lanes" || {
		say 'tests/mutants.sh: does not build without a mutant:'
		sed 's/^/  /' made
		exit 2
	}
done
n=0
while [ $n -lt "$lanes" ]; do
	n=$((n + 1))
	# Shells tell of programs that crash.
	(cd "$keep/$n" && lane) 2>/dev/null &
	running="$running $!"
done
# shellcheck disable=SC2086
wait $running
running=''

# --- The summary ------------------------------------------------------------

cat "$work"/told/* >"$work/all"
killed=$(grep -c ': killed by ' "$work/all")
survived=$(grep -c ': SURVIVED ' "$work/all")
errors=0
for name in $mutants; do
	grep -q "^$name: killed by \|^$name: SURVIVED " "$work/told/$name" ||
		errors=$((errors + 1))
done
[ $errors = 0 ] || say "$errors could not be tried"
say "$killed killed, $survived survived"
[ $errors = 0 ] || exit 2
[ "$survived" = 0 ]
