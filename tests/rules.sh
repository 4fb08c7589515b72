#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# Writes a makefile with the rules for the present test programs, for the build
# folder: rules.sh SRCDIR [unit|sim|fuzz]...
#
# NOTES.  A unit test is one file; it is left out if this build leaves out the
# source that it tests.  A simulation is one test_ file and all other files of
# its folder, whose functions replace those of the library.  A fuzz target is
# linked with replay.c, which runs it on files.  A test that says so in its
# first lines gets the stand-ins of other systems' headers in tests/unit/bsd.

set -u
srcdir=$1
shift
programs=''
nl='
'

# Files that say something, each list by one process: a process for each file
# takes seconds.
stands_in=$(cd "$srcdir" && awk '
	FNR > 20 { next }
	/with the headers of tests\/unit\/bsd/ { print FILENAME }' \
	tests/unit/*.c tests/sim/*.c tests/fuzz/*.c)
built=" $(sed -n 's/^\([^ ]*\)\.o: .*\.c config\.h.*/\1/p' Makefile |
	tr '\n' ' ')"
sources=" $(cd "$srcdir" && printf '%s ' src/*/*.c compat/*.c)"
without=''
for need in TLS DTLS TUN ROUTES SERVERS STATUS HOOKS CONTROL MONITOR \
	OLD_TOOLS; do
	! grep "HAVE_$need 0" config.h >/dev/null || without="$without $(
		cd "$srcdir" &&
		grep -l "build without $need leaves this out" \
			tests/unit/*.c tests/sim/*.c tests/fuzz/*.c |
			tr '\n' ' ')"
done

# object STEM: from the file of that name.
# shellcheck disable=SC2016
object() {
	own=''
	case $nl$stands_in$nl in
	*"$nl$1.c$nl"*) own=' -I$(srcdir)/tests/unit/bsd' ;;
	esac
	# But for what simulations have in common, where they spend their time.
	case $1 in
	*/test_* | */fuzz_*) own="$own \$(TEST_CFLAGS)" ;;
	esac
	printf '\n%s.o: $(srcdir)/%s.c config.h $(ALL_HEADERS)\n' "$1" "$1"
	printf '\t@echo "  cc $@"\n'
	printf '\t$(Q)$(COMPILE)%s -o $@ $(srcdir)/%s.c\n' "$own" "$1"
	printf -- '-include %s.d\n' "$1"
}

# program STEM [OBJECT...]
# shellcheck disable=SC2016
program() {
	stem=$1
	shift
	printf '\n%s$(EXEEXT): %s.o %s libadit.a\n' "$stem" "$stem" "$*"
	printf '\t@echo "  ld $@"\n'
	printf '\t$(Q)$(LINK) $(TEST_LDFLAGS) -o $@ %s.o %s \\\n' \
	    "$stem" "$*"
	printf '\t    libadit.a $(LIBS)\n'
	programs="$programs $stem\$(EXEEXT)"
}

# stems PATTERN: the names, without .c, of the files that match.
stems() {
	(cd "$srcdir" && for file in $1; do
		[ ! -f "$file" ] || printf '%s\n' "${file%.c}"
	done)
}

# left_out STEM: whether it tests a source that is not in the library, or says
# that it needs TLS, servers or the like where there is none.
left_out() {
	case $without in
	*" $1.c "*) return 0 ;;
	esac
	case $sources in
	*"/${1##*/test_}.c "*) ;;
	*) return 1 ;;
	esac
	case $built in
	*"/${1##*/test_} "*) return 1 ;;
	esac
}

# unit, sim, fuzz: the rules of that kind.
unit() {
	for stem in $(stems 'tests/unit/test_*.c'); do
		! left_out "$stem" || continue
		object "$stem"
		program "$stem"
	done
}

sim() {
	# Both ends of a carrier are in each of them.
	! grep -q 'HAVE_SERVERS 0' config.h || return 0
	shared=''
	for stem in $(stems 'tests/sim/*.c'); do
		! left_out "$stem" || continue
		object "$stem"
		case $stem in
		*/test_*) ;;
		*) shared="$shared $stem.o" ;;
		esac
	done
	for stem in $(stems 'tests/sim/test_*.c'); do
		! left_out "$stem" || continue
		# Several objects, or none.
		# shellcheck disable=SC2086
		program "$stem" $shared
	done
}

fuzz() {
	object tests/fuzz/replay
	for stem in $(stems 'tests/fuzz/fuzz_*.c'); do
		! left_out "$stem" || continue
		object "$stem"
		program "$stem" tests/fuzz/replay.o
	done
}

printf '# Written by tests/rules.sh.\n\ninclude Makefile\n'
for kind in "$@"; do
	case $kind in
	unit | sim | fuzz) $kind ;;
	esac
done
printf '\nprograms:%s\n\t@:\n' "$programs"
