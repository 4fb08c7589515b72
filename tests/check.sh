#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# Runs the tests that `make tests` has built in the current folder:
# check.sh SRCDIR [unit|sim|fuzz|lint|e2e|FILE]...
#
# NOTES.  The output of every test is TAP (run_one) and is kept in tests/log/.
# prove shows the progress if it is installed, else the loop below does; the
# counts of the last line come from the logs in either case.  Several kinds may
# run at the same time, in a script each, which leaves the logs of others alone.
# EXEC_WRAPPER is the command that runs programs which this machine cannot run
# itself, EXEEXT the suffix of their names, RULES the makefile that has built
# them.  Tests find their data in ADIT_TEST_DATA, and those of e2e the program
# in ADIT.  Those of tests/wine run that one by wine themselves, with a peer of
# this machine, ADIT_NATIVE.

# $EXEC_WRAPPER, $limited and the like are lists of words.
# shellcheck disable=SC2086

set -u
LC_ALL=C
export LC_ALL

srcdir=$1
shift
: "${EXEC_WRAPPER=}" "${EXEEXT=}" "${SH=sh}" "${RULES=tests.mk}"
ADIT_TEST_DATA=$(cd "$srcdir" && pwd)/tests/data
export EXEC_WRAPPER EXEEXT SH ADIT_TEST_DATA
log=tests/log

# What ends a test that hangs (status 124), where there is such a tool.
limited=''
! timeout -k 9 9 true 2>/dev/null || limited='timeout -k 10 3600'

# kept TEST: the name of its log.
kept() {
	printf '%s/%s.tap' "$log" "$(printf '%s' "${1##*tests/}" | tr / -)"
}

# python: one that has pytest.
python() {
	for candidate in "${PYTHON-}" python3 /usr/bin/python3; do
		if "$candidate" -c 'import pytest' 2>/dev/null; then
			printf '%s' "$candidate"
			return 0
		fi
	done
	return 1
}

# run_fuzz PROGRAM: its corpus, as one test for each file.  One process reads
# all of it, since a process costs half a second under wine; if that fails, each
# file gets its own.
run_fuzz() {
	corpus=${1##*/fuzz_}
	corpus=${corpus%"$EXEEXT"}
	n=0
	if $limited $EXEC_WRAPPER "$1" "$srcdir/tests/fuzz/corpus/$corpus"/* \
		>"$log/fuzz.$corpus" 2>&1; then
		cat "$log/fuzz.$corpus"
		rm -f "$log/fuzz.$corpus"
		return
	fi
	rm -f "$log/fuzz.$corpus"
	for file in "$srcdir/tests/fuzz/corpus/$corpus"/*; do
		[ -f "$file" ] || continue
		n=$((n + 1))
		if $limited $EXEC_WRAPPER "$1" "$file" >"$log/fuzz.$$" 2>&1; then
			echo "ok $n - ${file##*/}"
		else
			echo "not ok $n - ${file##*/}"
			sed 's/^/# /' "$log/fuzz.$$"
		fi
	done
	rm -f "$log/fuzz.$$"
	if [ $n = 0 ]; then
		echo "1..0 # SKIP tests/fuzz/corpus/$corpus is empty"
	else
		echo "1..$n"
	fi
}

# run_e2e FILE: pytest's verbose lines, turned into TAP.
run_e2e() {
	case $1 in
	*/wine/*) ;;
	*)
		if [ -n "$EXEC_WRAPPER" ]; then
			echo '1..0 # SKIP another machine is built for'
			return
		fi
		;;
	esac
	if ! python3=$(python); then
		echo '1..0 # SKIP no Python with pytest'
		return
	fi
	ADIT=$(pwd)/adit$EXEEXT PYTHONDONTWRITEBYTECODE=1 \
		$limited "$python3" -m pytest -p no:cacheprovider -v -rs --tb=short \
		--color=no "$1" 2>&1 |
	awk '
	/^SKIPPED / {
		sub(/^SKIPPED /, "# skipped "); print; next
	}
	/::.* (PASSED|XFAIL)/ { print "ok " ++n " - " $1; next }
	/::.* SKIPPED/ { print "ok " ++n " - " $1 " # SKIP"; next }
	/::.* (FAILED|ERROR|XPASS)/ { print "not ok " ++n " - " $1; next }
	{ print "# " $0 }
	END { print "1.." n + 0 }'
}

# run_one TEST: runs it and adds what it did not say itself: that it died, or
# that it ended too early.
run_one() {
	{
		case $1 in
		*.t) $limited $SH "$1" "$srcdir" ;;
		*.py) run_e2e "$1" ;;
		*/fuzz_*) run_fuzz "$1" ;;
		*) $limited $EXEC_WRAPPER "./$1" ;;
		esac
		echo "# status $?"
	} 2>"$(kept "$1").err" </dev/null | awk '
	{ sub(/\r$/, "") }
	/^ok / { n++ }
	/^not ok / { n++; bad++ }
	/^1\.\.[0-9]/ { plan = substr($1, 4) + 0; planned = 1 }
	/^# status [0-9]+$/ { status = $3; next }
	{ print }
	END {
		if (!planned || plan != n || (status != 0 && !bad))
			print "not ok " n + 1 " - ran to its end (status " \
			    status ", " n + 0 " of " \
			    (planned ? plan : "?") " tests)"
	}' | tee "$(kept "$1")"
	sed 's/^/# /' "$(kept "$1").err" >>"$(kept "$1")"
	rm -f "$(kept "$1").err"
}

# The second life of this script: prove calls it for each test.
if [ "${1-}" = --one ]; then
	run_one "$2"
	exit 0
fi

mkdir -p "$log"

tests=''
logs=''
for kind in "$@"; do
	case $kind in
	unit) files=$(ls tests/unit/test_*.o 2>/dev/null) ;;
	sim) files=$(ls tests/sim/test_*.o 2>/dev/null) ;;
	fuzz) files=$(ls tests/fuzz/fuzz_*.o 2>/dev/null) ;;
	lint) files=$(ls "$srcdir"/tests/lint/*.t 2>/dev/null) ;;
	e2e) files=$(ls "$srcdir"/tests/e2e/test_*.py 2>/dev/null) ;;
	*) files=$kind ;;
	esac
	rm -f "$log/$kind-"*
	for file in $files; do
		case $file in
		*.o)
			file=${file%.o}
			# A source that is gone, or left out, leaves its objects.
			grep -q "^$file\.o:" "$RULES" || continue
			file=$file$EXEEXT
			;;
		esac
		tests="$tests $file"
		logs="$logs $(kept "$file")"
	done
done

if command -v prove >/dev/null 2>&1; then
	prove --jobs "${JOBS:-2}" --exec "$SH $0 $srcdir --one" $tests
else
	for test in $tests; do
		printf '%s .. ' "$test"
		if run_one "$test" | grep '^not ok' >"$log/bad.$$"; then
			echo FAILED
			sed 's/^/    /' "$log/bad.$$"
		else
			echo ok
		fi
	done
	rm -f "$log/bad.$$"
fi

# What failed, once more and in full.
for file in $logs; do
	[ -f "$file" ] || continue
	awk -v name="${file##*/}" '
	/^not ok / && !/# TODO/ { print name ": " $0; failed = 1; next }
	/^# =+ (FAILURES|ERRORS) =+$/ { failed = 1 }
	/^#/ && failed { print; next }
	{ failed = 0 }' "$file"
done

cat $logs /dev/null | awk '
/^not ok .*# TODO/ { skipped++; next }
/^not ok / { failed++; next }
/^ok .*# [Ss][Kk][Ii][Pp]/ || /^1\.\.0/ { skipped++; next }
/^ok / { passed++ }
END {
	print passed + 0 " passed, " failed + 0 " failed, " \
	    skipped + 0 " skipped"
	exit failed != 0 || passed == 0
}'
