#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# Runs all tests: sh tests/run.sh, see usage().
#
# NOTES.  Each step writes TAP into $work/tap/STEP/; the counts of the last line
# come from there.  The lanes (-j) run in parallel.  The lane that succeeds in
# making $work/claim/STEP runs that step.

# Functions of steps are called by name, that of the trap by the trap.
# shellcheck disable=SC2317

set -u
LC_ALL=C
export LC_ALL

usage() {
	cat <<'END'
usage: sh tests/run.sh [OPTION]... [PATTERN]...
Builds Adit and runs its tests; with patterns, only the steps whose names
match one (`sh tests/run.sh e2e 'comp*'`). As root on Debian it installs what
they need; elsewhere it names what is missing, and continues without it. Some of
these packages are services, as fail2ban, keepalived and openvpn: where systemd
runs, Debian starts them, and they go on.

  -b DIR      build in DIR and leave it (default: a temporary folder)
  -j N        steps at the same time (default: 2)
  -l          list the steps
  --no-skip   a test that is skipped is a failure
  --no-install  install nothing
  --help      show this

The last line is `N passed, N failed, N skipped`; exit status 1 if a test
failed.
END
}

# The steps, in the order in which they are begun: the longest first, and one
# that waits most of the time beside one that compiles.
all_steps='win64 e2e targets compilers sanitize install check packages
combinations no_offload shells interop constant_time quickstart'

# The packages of Debian, each with what it brings: a command or a file.
packages='
gcc:gcc
make:make
ccache:/usr/lib/ccache/cc
libc6-dev:/usr/include/stdio.h
libbearssl-dev:/usr/include/bearssl.h
git:git
perl:prove
bmake:bmake
tcc:tcc
clang:clang
busybox-static:busybox
mksh:mksh
yash:yash
mandoc:mandoc
shellcheck:shellcheck
cppcheck:cppcheck
python3-pytest:/usr/lib/python3/dist-packages/pytest/__init__.py
python3-jsonschema:/usr/lib/python3/dist-packages/jsonschema/__init__.py
openssl:openssl
gnutls-bin:gnutls-serv
libwolfssl-dev:/usr/include/wolfssl/ssl.h
ca-certificates:/etc/ssl/certs/ca-certificates.crt
dnsmasq-base:dnsmasq
bind9-dnsutils:dig
iperf3:iperf3
lighttpd:lighttpd
nginx-light:nginx
libnginx-mod-stream:/usr/lib/nginx/modules/ngx_stream_module.so
haproxy:haproxy
openvpn:openvpn
keepalived:keepalived
certbot:certbot
fail2ban:fail2ban-regex
logrotate:logrotate
curl:curl
iproute2:ip
iputils-ping:ping
wireguard-go:wireguard-go
wireguard-tools:wg-quick
nftables:nft
strace:strace
valgrind:/usr/include/valgrind/memcheck.h
openssh-client:ssh
dropbear-bin:dropbear
util-linux:setpriv
faketime:faketime
chromium-headless-shell:chromium-headless-shell
prometheus:promtool
python3-prometheus-client:/usr/lib/python3/dist-packages/prometheus_client/parser.py
zsh:zsh
fish:fish
dpkg-dev:dpkg-source
gcc-mingw-w64-x86-64-win32:x86_64-w64-mingw32-gcc
wine:wine
wine64:/usr/lib/wine/wine64
gcc-mips-linux-gnu:mips-linux-gnu-gcc
libc6-dev-mips-cross:/usr/mips-linux-gnu/include/stdio.h
gcc-s390x-linux-gnu:s390x-linux-gnu-gcc
libc6-dev-s390x-cross:/usr/s390x-linux-gnu/include/stdio.h
gcc-arm-linux-gnueabihf:arm-linux-gnueabihf-gcc
libc6-dev-armhf-cross:/usr/arm-linux-gnueabihf/include/stdio.h
gcc-12-multilib:/usr/lib/gcc/x86_64-linux-gnu/12/32/libgcc.a
libc6-dev-i386:/usr/lib32/libc.so
qemu-user:qemu-mips
'

say() {
	printf '%s\n' "$*"
}

# bad WHY: the command line is wrong.
bad() {
	say "tests/run.sh: $*; --help shows what there is" >&2
	exit 2
}

srcdir=$(cd "$(dirname "$0")/.." && pwd) || exit 1
build='' patterns='' skips_fail=0 lanes=2 may_install=1
while [ $# -gt 0 ]; do
	case $1 in
	-b) [ $# -gt 1 ] || bad '-b needs a folder'; build=$2; shift ;;
	-j) [ $# -gt 1 ] || bad '-j needs a number'; lanes=$2; shift ;;
	-l) say "build $all_steps" | tr ' ' '\n'; exit 0 ;;
	--no-skip) skips_fail=1 ;;
	--no-install) may_install=0 ;;
	-h | --help) usage; exit 0 ;;
	-*) bad "$1: no such option" ;;
	*) patterns="$patterns $1" ;;
	esac
	shift
done
case $lanes in
'' | *[!0-9]* | 0) bad "-j $lanes: no number of steps" ;;
esac

# Matching is done by `case`, not by the names of files here.
set -f
steps=''
for step in $all_steps; do
	[ -n "$patterns" ] || steps="$steps $step"
	for pattern in $patterns; do
		# shellcheck disable=SC2254
		case $step in
		$pattern) steps="$steps $step"; break ;;
		esac
	done
done
set +f
case " $patterns " in
'  ' | *' build '*) ;;
*) [ -n "$steps" ] || bad "no step is named$patterns" ;;
esac

work=$(mktemp -d) || exit 1
running=''
clean_up() {
	trap '' 1 2 15
	# Lists of numbers.
	# shellcheck disable=SC2086
	[ -z "$running" ] || kill $running 2>/dev/null
	chmod -R u+w "$work" 2>/dev/null
	rm -rf "$work"
}
trap clean_up 0
trap 'exit 130' 1 2 15
mkdir "$work/claim" "$work/tap"
began=$(date +%s)

# --- Installing -------------------------------------------------------------

# there THING: a command or a file.
there() {
	case $1 in
	/*) [ -e "$1" ] ;;
	*) command -v "$1" >/dev/null 2>&1 ;;
	esac
}

# What is missing of the packages.
missing_packages() {
	for entry in $packages; do
		there "${entry#*:}" || printf '%s ' "${entry%%:*}"
	done
	# clang's run-time library is named after its version.
	if there clang; then
		file=$(clang -print-libgcc-file-name --rtlib=compiler-rt \
			2>/dev/null)
		[ -e "${file:-/}" ] || printf '%s ' \
			"libclang-rt-$(clang -dumpversion | sed 's/\..*//')-dev"
	fi
}

# apt_install PACKAGE...
apt_install() {
	DEBIAN_FRONTEND=noninteractive apt-get install -q -y \
		--no-install-recommends "$@" >"$work/apt" 2>&1 </dev/null
}

# Installs what is missing, as far as that can be done here.
install_packages() {
	missing=$(missing_packages)
	[ -n "$missing" ] || return 0
	if [ $may_install = 0 ] || [ "$(id -u)" != 0 ] ||
		! there apt-get || ! there dpkg; then
		say "not installed (Debian's names): $missing"
		return 0
	fi
	say "installing: $missing"
	at=$(date +%s)
	# Lists of words.
	# shellcheck disable=SC2086
	apt_install $missing || {
		apt-get -q update >"$work/apt" 2>&1
		apt_install $missing || for package in $missing; do
			apt_install "$package"
		done
	}
	# Now clang may be there and want its library.
	missing=$(missing_packages)
	# shellcheck disable=SC2086
	[ -z "$missing" ] || apt_install $missing
	missing=$(missing_packages)
	say "installed in $(($(date +%s) - at)) s"
	[ -z "$missing" ] || {
		say "could not be installed: $missing"
		tail -n 3 "$work/apt" | sed 's/^/  /'
	}
}

# find_python: one that has pytest; another may stand first on PATH.
find_python() {
	for candidate in "${PYTHON-}" python3 /usr/bin/python3; do
		if "$candidate" -c 'import pytest' 2>/dev/null; then
			printf '%s' "$candidate"
			return
		fi
	done
}

# --- The steps --------------------------------------------------------------

# Each writes TAP to its output, or files of it into the folder $tap.

# tap_of NUMBER NAME COMMAND...: runs it and tells of it in TAP.
tap_of() {
	number=$1 name=$2
	shift 2
	if "$@" >"$work/said.$name" 2>&1 </dev/null; then
		say "ok $number - $name"
		return 0
	fi
	say "not ok $number - $name"
	tail -n 40 "$work/said.$name" | sed 's/^/# /'
	return 1
}

# Without a word of warning.
make_quietly() {
	make -j2 all >"$work/made" 2>&1
	status=$?
	cat "$work/made"
	[ "$status" = 0 ] && ! grep -i 'warning' "$work/made" >/dev/null
}

step_build() {
	say 1..2
	cd "$build" || return
	if [ -f Makefile ]; then
		say 'ok 1 - configure, which was done before'
	else
		tap_of 1 configure sh "$srcdir/configure" -q || return
	fi
	tap_of 2 'make' make_quietly
}

step_check() {
	cd "$build" && make check CHECK='unit sim fuzz lint' >&2
	cp tests/log/*.tap "$tap/"
}

# pytest_step FOLDER: its files by tests/check.sh, in a folder of its own.
pytest_step() {
	mkdir -p "$work/$1" && cd "$work/$1" && ln -sf "$build/adit" adit ||
		return
	ADIT_SLOW=1 sh "$srcdir/tests/check.sh" "$srcdir" \
		"$srcdir/tests/$1"/test_*.py >&2
	cp tests/log/*.tap "$tap/"
}

# These tests wait most of the time.
step_e2e() {
	JOBS=4 pytest_step e2e
}

step_interop() {
	pytest_step interop
}

# What contrib/ has, as far as that is quick.
step_packages() {
	installs=''
	[ "$may_install" = 0 ] || [ "$(id -u)" != 0 ] || ! there apt-get ||
		installs=--install
	# An option or none.
	# shellcheck disable=SC2086
	ADIT=$build/adit sh "$srcdir/tests/packages/run.sh" --ci $installs \
		-o "$tap" >&2
}

# Some of what carries datagrams and packets, on a kernel without offload.
step_no_offload() {
	mkdir -p "$work/no_offload" && cd "$work/no_offload" &&
		ln -sf "$build/adit" adit || return
	files=''
	for name in datagrams dtls pairs udptun uott; do
		files="$files $srcdir/tests/e2e/test_$name.py"
	done
	# A list of files; make has no blanks in their names, either.
	# shellcheck disable=SC2086
	JOBS=4 sh "$srcdir/tests/no_offload.sh" sh "$srcdir/tests/check.sh" \
		"$srcdir" $files >&2
	cp tests/log/*.tap "$tap/"
}

# The newcomer's first command does what it says.
step_quickstart() {
	say 1..1
	tap_of 1 quickstart sh "$srcdir/contrib/quickstart.sh" \
		-b "$work/quickstart"
}

# --- Running them -----------------------------------------------------------

# count FOLDER: passed, failed, skipped of all TAP in it.
count() {
	cat "$1"/*.tap /dev/null | awk '
	/^not ok .*# TODO/ { skipped++; next }
	/^not ok/ { failed++; next }
	/^ok .*# [Ss][Kk][Ii][Pp]/ || /^1\.\.0 /{ skipped++; next }
	/^ok/ { passed++ }
	END { print passed + 0, failed + 0, skipped + 0 }'
}

# add_doubts STEP STATUS: a step that did not come to its end has failed.
add_doubts() {
	[ -n "$(cat "$work/tap/$1"/*.tap 2>/dev/null)" ] || {
		say "not ok - $1 said nothing"
		tail -n 40 "$work/$1.err" | sed 's/^/# /'
	} >>"$work/tap/$1/$1.tap"
	for file in "$work/tap/$1"/*.tap; do
		awk -v name="$1" -v status="$2" '
		/^(not )?ok/ { n++ }
		/^not ok/ { bad++ }
		/^1\.\.[0-9]/ { plan = substr($1, 4) + 0; planned = 1 }
		END {
			if (!bad && (!planned || plan != n))
				print "not ok - " name " ran to its end " \
				    "(status " status ")"
		}' "$file" >>"$work/doubt.$1"
		cat "$work/doubt.$1" >>"$file"
		rm -f "$work/doubt.$1"
	done
}

# What ends a step that hangs (status 124), where there is such a tool.
limited=''
! timeout -k 9 9 true 2>/dev/null || limited='timeout -k 10 7200'

# run_step STEP
run_step() {
	tap=$work/tap/$1
	mkdir -p "$tap"
	at=$(date +%s)
	say "       $1 ..."
	(
		if [ -f "$srcdir/tests/portability/$1.sh" ]; then
			cd "$work" && $limited sh \
				"$srcdir/tests/portability/$1.sh"
		else
			"step_$1"
		fi
	) >"$work/$1.tap" 2>"$work/$1.err" </dev/null
	status=$?
	[ ! -s "$work/$1.tap" ] || cp "$work/$1.tap" "$tap/$1.tap"
	add_doubts "$1" $status
	# Three numbers.
	# shellcheck disable=SC2046
	set -- "$1" $(count "$tap")
	words=ok
	[ "$3" = 0 ] || words=FAILED
	printf '%4s s %-12s %-6s %s passed, %s failed, %s skipped\n' \
		$(($(date +%s) - at)) "$1" "$words" "$2" "$3" "$4"
}

# A lane: what nobody has begun.
lane() {
	for step in $steps; do
		mkdir "$work/claim/$step" 2>/dev/null && run_step "$step"
	done
}

install_packages

# Most steps compile the same files; where ccache is installed, each is compiled
# once for each set of flags.  The cache is of this run alone.
if [ -x /usr/lib/ccache/cc ]; then
	PATH=/usr/lib/ccache:$PATH
	CCACHE_DIR=$work/ccache CCACHE_NOHASHDIR=1
	export PATH CCACHE_DIR CCACHE_NOHASHDIR
fi
PYTHON=$(find_python)
export PYTHON
[ -n "$PYTHON" ] || say 'no Python with pytest: e2e and interop are skipped'

if [ -z "$build" ]; then
	build=$work/build
fi
mkdir -p "$build" && build=$(cd "$build" && pwd) || exit 1
ADIT_NATIVE=$build/adit
export ADIT_NATIVE
run_step build
if [ -x "$build/adit" ]; then
	n=0
	while [ $n -lt "$lanes" ]; do
		n=$((n + 1))
		lane &
		running="$running $!"
	done
	# shellcheck disable=SC2086
	wait $running
	running=''
fi

# --- The summary ------------------------------------------------------------

for step in build $steps; do
	for file in "$work/tap/$step"/*.tap; do
		[ -f "$file" ] || continue
		awk -v step="$step" '
		/^not ok/ && !/# TODO/ {
			print "\n" step ": " $0
			shown = 60
			next
		}
		# pytest tells of it below.
		/^# =+ (FAILURES|ERRORS) =+$/ { print ""; shown = 200; next }
		/^# =+ (short test summary|[0-9]+ (passed|failed))/ {
			shown = 0
		}
		/^#/ && shown > 0 { print; shown--; next }
		{ shown = 0 }' "$file"
	done
done
for step in build $steps; do
	for file in "$work/tap/$step"/*.tap; do
		[ -f "$file" ] || continue
		awk -v step="$step" '
		/^ok .*# SKIP ./ || /^1\.\.0 # SKIP/ || /# TODO/ ||
		    /^# skipped \[/ {
			sub(/^(not )?ok [0-9]+ - /, "")
			sub(/^1\.\.0 # SKIP/, "all of it:")
			sub(/^# skipped /, "")
			print "  " step ": " $0
		}' "$file"
	done
done >"$work/skips"
[ ! -s "$work/skips" ] || {
	printf '\nskipped:\n'
	cat "$work/skips"
}

mkdir "$work/all"
for step in build $steps; do
	for file in "$work/tap/$step"/*.tap; do
		[ ! -f "$file" ] || cp "$file" "$work/all/$step-${file##*/}"
	done
done
# shellcheck disable=SC2046
set -- $(count "$work/all")
status=0
[ "$1" != 0 ] && [ "$2" = 0 ] || status=1
printf '\n%s s\n' $(($(date +%s) - began))
[ $skips_fail = 0 ] || [ "$3" = 0 ] || {
	say 'what is skipped counts as failure (--no-skip)'
	status=1
}
say "$1 passed, $2 failed, $3 skipped"
exit $status
