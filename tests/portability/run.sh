#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# Builds for each target, and runs what can be run: see usage().
#
# NOTES.  The targets are the rows of the file `targets`.  Each is built in a
# folder of its own, which is removed when the target has passed.  Programs for
# a different processor run in qemu-user; they are linked with the path of their
# loader, since qemu's -L would show them a different root folder.  Their e2e
# tests, test_foreign.py, run each carrier between such a program and one of
# this machine.

# Lists of words are split on purpose; the trap calls by name.
# shellcheck disable=SC2086,SC2317

set -u
LC_ALL=C
export LC_ALL
unset CC CFLAGS CPPFLAGS LDFLAGS LIBS AR STRIP

usage() {
	cat <<'END'
usage: sh tests/portability/run.sh [OPTION]... [TARGET]...
Builds Adit for each target and, where that is possible, runs the tests; the
last lines are a table.  Without TARGET, all; one that cannot be built here is
then skipped, and an error if it was named.

  --list         list the targets
  --install      install what they need: Debian's packages, as root, and zig
  -r KIND,...    run only these, of unit,sim,fuzz,e2e
  -b DIR         build and log there (default: a temporary folder)
  -k             keep what was built
  --help         show this

ADIT is a program of this machine, the peer in e2e tests; if it is not set, one
is built.  ADIT_SCHEDULES limits the random schedules (default here: 3).
Logs stay in DIR/logs.  Exit status 1 if a target failed.
END
}

bad() {
	echo "tests/portability/run.sh: $*; --help shows what there is" >&2
	exit 2
}

here=$(cd "$(dirname "$0")" && pwd) || exit 1
srcdir=$(cd "$here/../.." && pwd) || exit 1
jobs=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
: "${ADIT_SCHEDULES=3}" "${ADIT_PATIENCE=60}" "${ADIT=}"
export ADIT_SCHEDULES ADIT_PATIENCE

# rows: the table without comments.
rows() {
	sed '/^#/d; /^$/d' "$here/targets"
}

dir='' only=unit,sim,fuzz,e2e keep=0 install=0 named=''
while [ $# -gt 0 ]; do
	case $1 in
	--list) rows | awk '{ print $1 }'; exit 0 ;;
	--install) install=1 ;;
	-r) [ $# -gt 1 ] || bad '-r needs a list'; only=$2; shift ;;
	-b) [ $# -gt 1 ] || bad '-b needs a folder'; dir=$2; shift ;;
	-k) keep=1 ;;
	-h | --help) usage; exit 0 ;;
	-*) bad "$1: no such option" ;;
	*)
		rows | grep "^$1 " >/dev/null || bad "$1: no such target"
		named="$named $1"
		;;
	esac
	shift
done
targets=${named:-$(rows | awk '{ print $1 }')}
if [ -z "$dir" ]; then
	dir=$(mktemp -d)
fi
mkdir -p "$dir/logs" && dir=$(cd "$dir" && pwd) || exit 1
trap 'rm -rf "$dir/tools"' 0
trap 'exit 130' 1 2 15
rm -f "$dir/table"
mkdir -p "$dir/tools"

# read_row TARGET: its columns as variables.
read_row() {
	# shellcheck disable=SC2046
	set -- $(rows | grep "^$1 ")
	name=$1 how=$2 host=$3 packages=$(echo "$4" | tr , ' ')
	wrapper=$(echo "$5" | tr '~' ' ') kinds=$(echo "$6" | tr , ' ')
	shift 6
	options=" $* "
	[ "$packages" != - ] || packages=''
	[ "$wrapper" != - ] || wrapper=''
	[ "$kinds" != - ] || kinds=''
}

# has LIST WORD
has() {
	case " $1 " in
	*" $2 "*) ;;
	*) return 1 ;;
	esac
}

there() {
	command -v "$1" >/dev/null 2>&1
}

# tool NAME COMMAND...: makes a program that runs the command with arguments.
tool() {
	tool=$dir/tools/$1
	shift
	printf '#!/bin/sh\nexec %s "$@"\n' "$*" >"$tool"
	chmod 755 "$tool"
}

install_all() {
	wanted=''
	for target in $targets; do
		read_row "$target"
		for package in $packages; do
			dpkg -s "$package" >/dev/null 2>&1 ||
				has "$wanted" "$package" ||
				wanted="$wanted $package"
		done
		[ "$how" != zig ] || sh "$here/zig.sh" --install >/dev/null
	done
	[ -n "$wanted" ] || return 0
	echo "installing:$wanted"
	DEBIAN_FRONTEND=noninteractive apt-get install -q -y \
		--no-install-recommends $wanted >"$dir/logs/install" 2>&1 \
		</dev/null || tail -n 3 "$dir/logs/install"
}

# set_up: the compiler of the row as $cc and $ar; fails with $why.
set_up() {
	cc=gcc ar=ar bearssl=$name arguments=''
	case $how in
	native)
		bearssl=''
		for option in $options; do
			case $option in
			CC=*) cc=${option#CC=} ;;
			esac
		done
		;;
	m32)
		# Without the package gcc-multilib, which no cross compiler
		# stands, asm/ is in this folder only.
		cc="gcc -m32 -idirafter /usr/include/$(gcc -print-multiarch)"
		;;
	musl) cc=musl-gcc arguments='--enable-static' ;;
	glibc | mingw)
		cc=$host-gcc ar=$host-ar arguments=--host=$host
		;;
	zig)
		zig=$(sh "$here/zig.sh") || {
			why='zig is not installed'
			return 1
		}
		tool "$name-cc" "'$zig'" cc -target "$host" \
			-fno-sanitize=undefined
		tool "$name-ar" "'$zig'" ar
		cc=$dir/tools/$name-cc ar=$dir/tools/$name-ar
		;;
	esac
	for need in make ${cc%% *} ${wrapper%% *}; do
		there "$need" || {
			why="$need is not installed"
			return 1
		}
	done
	echo 'int main(void) { return 0; }' >"$dir/tools/probe.c"
	$cc -o "$dir/tools/probe" "$dir/tools/probe.c" 2>"$log" || {
		why="$cc makes no programs"
		return 1
	}
	ldflags=''
	if [ "$how" = glibc ]; then
		# Some packages have the two in one folder, some in lib64 and lib.
		libc=$($cc -print-file-name=libc.so.6)
		if [ ! -f "$libc" ] || ! loader=$(find_loader); then
			why="no folder has the loader and libc of $host"
			return 1
		fi
		ldflags="-Wl,-dynamic-linker,$loader"
		ldflags="$ldflags -Wl,-rpath,$(cd "${libc%/*}" && pwd)"
	fi
}

# loader_of PROGRAM: the path that it was linked with.
loader_of() {
	readelf -l "$1" | sed -n 's/.*interpreter: \(.*\)\]/\1/p'
}

# find_loader: where the loader is on this machine.
find_loader() {
	loader=$(loader_of "$dir/tools/probe")
	for folder in "${libc%/*}" "/usr/$host/lib" "/usr/$host/lib64"; do
		[ ! -f "$folder/${loader##*/}" ] || {
			(cd "$folder" && printf '%s/%s\n' "$(pwd)" \
				"${loader##*/}")
			return
		}
	done
	return 1
}

# Every optional function of the system is away.  HAVE_IPI_SPEC_DST and
# HAVE_SA_LEN are not among them: they are the shape of its structs.
off() {
	for answer in ACCEPT4 ARC4RANDOM_BUF CLOCK_GETTIME EPOLL \
		EXPLICIT_BZERO GETENTROPY GETIFADDRS GETRANDOM LOCAL_REPORT \
		POLL RECVMMSG SENDMMSG SOCK_NONBLOCK STRLCPY STRNDUP UNSETENV X86_SHA; do
		printf 'HAVE_%s=0 ' $answer
	done
}

# configured: runs configure for the row.
configured() {
	if [ -n "$bearssl" ]; then
		found=$(sh "$here/bearssl.sh" "$bearssl" "$cc" "$ar") ||
			return
		arguments="$arguments --with-bearssl=$found"
	fi
	has "$options" @off && arguments="$arguments $(off)"
	[ "$how" != zig ] || set -- CFLAGS=-Os LDFLAGS=
	[ -z "$ldflags" ] || set -- LDFLAGS="$ldflags"
	sh "$srcdir/configure" -q $arguments CC="$cc" AR="$ar" "$@"
}

# silent COMMAND...: fails on a warning, too.
silent() {
	"$@" >said 2>&1 || {
		cat said
		return 1
	}
	cat said
	! grep -i 'warning' said >/dev/null
}

# count FILE...: the words for the table of these TAP files.
count() {
	cat "$@" /dev/null 2>/dev/null | awk '
	/^not ok .*# TODO/ { skipped++; next }
	/^not ok / { failed++; next }
	/^ok .*# [Ss][Kk][Ii][Pp]/ || /^1\.\.0/ { skipped++; next }
	/^ok / { passed++ }
	END {
		if (skipped && !passed && !failed)
			printf "-"
		else if (failed || !passed)
			printf "%d-FAIL", failed + 0
		else if (skipped)
			printf "%d+%ds", passed, skipped
		else
			printf "%d", passed
	}'
}

# say WORDS: how far it has come.
say() {
	printf '%5s s  %-10s %s\n' $(($(date +%s) - began)) "$name" "$*"
}

# native_program: $ADIT, which is built if there is none.
native_program() {
	[ -z "$ADIT" ] || return 0
	say 'builds the peer of this machine'
	mkdir -p "$dir/native" && (cd "$dir/native" &&
		sh "$srcdir/configure" -q && make -s "-j$jobs") \
		>"$dir/logs/native.log" 2>&1 </dev/null || return
	ADIT=$dir/native/adit
}

# no_float: that the program has no instruction for a floating-point unit.
no_float() {
	${host%%-*}-linux-gnu-objdump -d adit >code && [ -s code ] || return
	! grep -E '	(([a-z]+\.)+[sdw]|[ls][dw]c1|d?m[tf]c1|c[tf]c1|bc1[a-z]+)	' code
}

# Counts the addresses of this machine.
probe='
#include <stddef.h>
#include <sys/types.h>
#include <ifaddrs.h>
int
main(void)
{
	struct ifaddrs *all;

	return getifaddrs(&all);
}'

# lists_addresses: whether getifaddrs() comes back, which qemu-user keeps that of
# musl from on big-endian machines: lengths of netlink attributes are 0 there.
lists_addresses() {
	case $wrapper in
	qemu-*) ;;
	*) return 0 ;;
	esac
	printf '%s\n' "$probe" >"$dir/tools/probe.c"
	$cc $ldflags -o "$dir/tools/probe" "$dir/tools/probe.c" >>"$log" 2>&1 &&
		timeout -k 5 60 $wrapper "$dir/tools/probe" >>"$log" 2>&1 \
			</dev/null
}

# apart COMMAND...: in a network of its own, where that is allowed, since other
# programs may hold each port of this one.
apart() {
	# shellcheck disable=SC2016
	if unshare -n ip link set lo up 2>/dev/null; then
		unshare -n sh -c 'ip link set lo up && exec "$@"' sh "$@"
	else
		"$@"
	fi
}

# run_suites: unit, sim and fuzz at once.
run_suites() {
	suites=''
	for kind in unit sim fuzz; do
		! has "$kinds" $kind || ! has "$(echo $only | tr , ' ')" \
			$kind || suites="$suites $kind"
	done
	[ -n "$suites" ] || return 0
	say "runs$suites"
	(
		wrapped=$wrapper
		# By wine, access lists are made of the modes of files, and
		# names of files of characters of the locale.
		if [ "$wrapper" = wine ]; then
			wrapped='env LC_ALL=C.UTF-8 wine'
			umask 077
			chmod 600 "$srcdir"/tests/data/tls/*.key
			# The wineserver that this starts would go on, and be
			# that of the suites, in this network.
			wine wineboot -i
			wineserver -w
		fi
		apart env JOBS="$jobs" make "-j$jobs" check \
			CHECK="${suites# }" EXEC_WRAPPER="$wrapped"
	) >>"$log" 2>&1 </dev/null
	for kind in $suites; do
		eval "$kind=\$(count tests/log/$kind-*.tap)"
	done
}

# run_e2e: every carrier, with a peer of this machine.
run_e2e() {
	has "$kinds" e2e && has "$(echo $only | tr , ' ')" e2e || return 0
	native_program || {
		e2e=1-FAIL
		return
	}
	say 'runs e2e'
	tool "adit-$name" $wrapper "'$build/adit'"
	mkdir -p e2e tests/log && ln -sf "$ADIT" e2e/adit
	at_once=20
	case $wrapper in
	qemu-*) ! readelf -h adit | grep 'big endian' >/dev/null || at_once=1 ;;
	esac
	(cd e2e && apart env ADIT_FOREIGN="$dir/tools/adit-$name" \
		ADIT_FOREIGN_AT_ONCE=$at_once sh \
		"$srcdir/tests/check.sh" "$srcdir" \
		"$here/test_foreign.py") >>"$log" 2>&1 </dev/null
	cp e2e/tests/log/*.tap tests/log/
	e2e=$(count e2e/tests/log/*.tap)
}

# one TARGET: a row of the table.
one() {
	read_row "$1"
	began=$(date +%s)
	compiles=- links=- unit=- sim=- fuzz=- e2e=-
	log=$dir/logs/$name.log build=$dir/$name
	if ! set_up; then
		say "skipped: $why"
		row "$name" "skipped: $why"
		return
	fi
	WINEPREFIX=$dir/wine WINEDEBUG=-all
	WINEDLLOVERRIDES='mscoree,mshtml,winemenubuilder.exe='
	export WINEPREFIX WINEDEBUG WINEDLLOVERRIDES
	unset DISPLAY
	mkdir -p "$build" && cd "$build" || exit 1
	say 'is configured and compiled'
	compiles=NO links=NO
	# A program of the table is itself built with warnings as such.
	if configured >"$log" 2>&1 </dev/null &&
		silent make "-j$jobs" libadit.a src/cmd/main.o >>"$log" 2>&1
	then
		compiles=yes
		! make "-j$jobs" all >>"$log" 2>&1 || links=yes
	fi
	if [ $links = yes ] && has "$options" @no-float; then
		say 'is searched for floating-point instructions'
		no_float >>"$log" 2>&1 || links=FLOAT
	fi
	if [ $links = yes ]; then
		unset ADIT_NO_ADDRESSES
		lists_addresses || export ADIT_NO_ADDRESSES=1
		run_suites
		run_e2e
	fi
	seconds=$(($(date +%s) - began))
	row "$name" $compiles $links "$unit" "$sim" "$fuzz" "$e2e" $seconds
	[ ! -d tests/log ] || {
		rm -rf "$dir/logs/$name"
		cp -R tests/log "$dir/logs/$name"
	}
	cd "$dir" || exit 1
	case "$compiles $links $unit $sim $fuzz $e2e" in
	*NO* | *FAIL* | *FLOAT*) say "FAILED: $log" ;;
	*)
		say passed
		[ $keep = 1 ] || rm -rf "$build"
		;;
	esac
}

row() {
	case $2 in
	skipped*) printf '%-10s %s\n' "$@" ;;
	*) printf '%-10s %-8s %-6s %-9s %-9s %-9s %-8s %5s\n' "$@" ;;
	esac >>"$dir/table"
}

row target compiles links unit sim fuzz e2e s
[ $install = 0 ] || install_all
for target in $targets; do
	one "$target"
done
[ ! -d "$dir/wine" ] || {
	WINEPREFIX=$dir/wine wineserver -k >/dev/null 2>&1
	[ $keep = 1 ] || rm -rf "$dir/wine"
}
[ $keep = 1 ] || rm -rf "$dir/native"

echo
cat "$dir/table"
skipped=$(grep -c skipped: "$dir/table")
failed=$(grep -c -E 'NO |FAIL|FLOAT' "$dir/table")
total=$(($(wc -l <"$dir/table") - 1))
printf '\nlogs: %s/logs\n%s passed, %s failed, %s skipped\n' "$dir" \
	$((total - failed - skipped)) "$failed" "$skipped"
[ "$failed" = 0 ] || exit 1
[ -z "$named" ] || [ "$skipped" = 0 ]
