#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# Shows Adit at work on this machine: sh contrib/quickstart.sh, see usage().

set -u
LC_ALL=C
export LC_ALL

usage() {
	cat <<'END'
usage: sh contrib/quickstart.sh [-b DIR] [-t SECONDS]
Builds Adit and sends datagrams through a pool of TLS connections, and through
DTLS, all on this machine: an echo, servers, clients and a ping. Nothing is
installed, except a compiler and BearSSL as root on Debian, if they are missing.

  -b DIR      build there (default: build, beside contrib)
  -t SECONDS  how long datagrams are sent (default: 5)
  --help      show this
END
}

srcdir=$(cd "$(dirname "$0")/.." && pwd) || exit 1
build=$srcdir/build
seconds=5
while [ $# -gt 0 ]; do
	case $1 in
	-h | --help) usage; exit 0 ;;
	esac
	if [ $# = 1 ]; then
		usage >&2
		exit 2
	fi
	case $1 in
	-b) build=$2 ;;
	-t) seconds=$2 ;;
	*) usage >&2; exit 2 ;;
	esac
	shift 2
done

work=$(mktemp -d) || exit 1
pids=''
clean_up() {
	trap '' 1 2 15
	# The client first; a list of numbers.
	# shellcheck disable=SC2086
	[ -z "$pids" ] || { kill $pids; wait $pids; } 2>/dev/null
	rm -rf "$work"
}
trap clean_up 0
trap 'echo; echo "stopped"; exit 130' 1 2 15

say() {
	printf '%s\n' "$*"
}

# fail WHY: prints WHY and the end of the last log, and exits.
fail() {
	say "quickstart: $*" >&2
	[ ! -s "$work/log" ] || tail -n 20 "$work/log" | sed 's/^/  /' >&2
	exit 1
}

# --- Compiler and BearSSL ---------------------------------------------------

# What is missing, as packages of Debian.
missing() {
	command -v "${CC:-cc}" >/dev/null 2>&1 || printf 'gcc libc6-dev '
	command -v make >/dev/null 2>&1 || printf 'make '
	if command -v "${CC:-cc}" >/dev/null 2>&1 &&
		echo '#include <bearssl.h>' |
		"${CC:-cc}" -E - >/dev/null 2>&1; then
		return
	fi
	printf 'libbearssl-dev '
}

say '1. A compiler, make and BearSSL'
packages=$(missing)
if [ -n "$packages" ]; then
	if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
		fail "these are missing: $packages(names of Debian's packages;
  as root: apt-get install $packages)"
	fi
	say "   installing $packages"
	# Lists of words.
	# shellcheck disable=SC2086
	DEBIAN_FRONTEND=noninteractive apt-get install -q -y \
		--no-install-recommends $packages >"$work/log" 2>&1 ||
		{
			apt-get -q update && DEBIAN_FRONTEND=noninteractive \
				apt-get install -q -y \
				--no-install-recommends $packages
		} >"$work/log" 2>&1 || fail "cannot install $packages"
fi
say '   found'

# --- Building ---------------------------------------------------------------

say "2. Building in $build"
began=$(date +%s)
mkdir -p "$build" || fail "cannot make $build"
build=$(cd "$build" && pwd)
(
	cd "$build" || exit
	[ -f Makefile ] || "$srcdir/configure" -q || exit
	make -j"$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)"
) >"$work/log" 2>&1 || fail 'the build failed'
adit=$build/adit
say "   $("$adit" --version), $(($(date +%s) - began)) s"

# --- Certificates -----------------------------------------------------------

say '3. Throw-away certificates for 127.0.0.1'
"$adit" gencert -d "$work/certs" 127.0.0.1 localhost >"$work/log" 2>&1 ||
	fail 'cannot make certificates'
say '   a CA, a server and a client'

# --- Echo, server, client ---------------------------------------------------

# Ports are tried from here on, below those that the system gives away.
port=$((5000 + $$ % 4000))

# up LOG PID: waits until the process listens; returns 1 when it has ended or
# does not listen in time.
up() {
	tries=0
	until grep -E 'ready$|listening on' "$1" >/dev/null 2>&1; do
		kill -0 "$2" 2>/dev/null || return 1
		tries=$((tries + 1))
		[ $tries -lt 600 ] || return 1
		sleep 0.1 2>/dev/null || sleep 1
	done
	kill -0 "$2" 2>/dev/null
}

# launch NAME ARGUMENT...: starts `adit ARGUMENT...` on the next port that is
# free, which replaces PORT in an argument.  Sets $port.
launch() {
	name=$1
	shift
	attempts=0
	while [ $attempts -lt 20 ]; do
		attempts=$((attempts + 1))
		port=$((port + 1))
		# Not in parentheses: yash makes two processes of these.
		{
			for argument in "$@"; do
				shift
				case $argument in
				*PORT*)
					argument=${argument%PORT*}$port${argument#*PORT}
					;;
				esac
				set -- "$@" "$argument"
			done
			exec "$adit" "$@"
		} >"$work/$name.log" 2>&1 &
		pid=$!
		pids="$pid $pids"
		if up "$work/$name.log" "$pid"; then
			return
		fi
		grep 'in use' "$work/$name.log" >/dev/null || break
	done
	cp "$work/$name.log" "$work/log"
	fail "the $name does not start"
}

say '4. The tunnel'
launch echo echo 127.0.0.1:PORT
echo_port=$port
say "   echo, an application at the far end:  UDP 127.0.0.1:$echo_port"
launch server uotp-server -a 127.0.0.1 -p PORT -c "$work/certs/server.pem" \
	-k "$work/certs/server.key" -C "$work/certs/ca.pem" \
	127.0.0.1 "$echo_port"
server_port=$port
say "   server, in front of it:               TLS 127.0.0.1:$server_port"
launch client uotp-client -p PORT -c "$work/certs/client.pem" \
	-k "$work/certs/client.key" -C "$work/certs/ca.pem" \
	127.0.0.1 "$server_port"
client_port=$port
say "   client, here:                         UDP 127.0.0.1:$client_port"

# --- Datagrams --------------------------------------------------------------

say "5. Datagrams for $seconds s, 200 a second: ping, client, server, echo, \
and back"
"$adit" ping --time "$seconds" --rate 200 --size 1200 \
	"127.0.0.1:$client_port" >"$work/sums" || {
	cat "$work/client.log" "$work/server.log" >"$work/log"
	fail 'nothing came back'
}
sed -n '/^sent/,$s/^/   /p' "$work/sums"

# flood PORT: through the client there.
flood() {
	say '   and for 2 s as fast as replies come back:'
	"$adit" ping --flood --quiet --time 2 --size 1200 --flows 4 \
		"127.0.0.1:$1" >"$work/flood" || fail 'nothing came back'
	sed -n '/^\(sent\|delivered\)/s/^/   /p' "$work/flood"
}
flood "$client_port"

# --- DTLS -------------------------------------------------------------------

dtls=''
if "$adit" help dtls >"$work/log" 2>&1; then
	say '6. The same by DTLS, with a key'
	(umask 077; "$adit" genpsk me >"$work/key") || fail 'cannot make a key'
	launch dtls-server tunnel \
		"dtls-listen:127.0.0.1:PORT,psk-file=$work/key" \
		"udp:127.0.0.1:$echo_port"
	server_port=$port
	say "   server, in front of the echo:         DTLS 127.0.0.1:$port"
	launch dtls-client tunnel udp-listen:127.0.0.1:PORT \
		"dtls:127.0.0.1:$server_port,psk-file=$work/key"
	say "   client:                               UDP 127.0.0.1:$port"
	flood "$port"
	dtls='
Over DTLS each of them was one packet, encrypted with a key that both sides
have.'
fi

# --- The summary ------------------------------------------------------------

case $(sed -n 's/^sent.*lost \([0-9]*\) .*/\1/p' "$work/sums") in
0) went='every one of them came back' ;;
*) went='most of them came back (see above)' ;;
esac
cat <<END

What happened: UDP datagrams went to the client, which sent them over eight
TLS connections to the server; the server sent them as UDP to the echo, and
the replies came back the same way; $went.
Server and client showed each other certificates of our CA.$dtls
All of it has been stopped, and the certificates are gone.

For real, say for WireGuard on UDP port 51820 of vpn.example.com:
  on the server
    $adit gencert -d certs vpn.example.com
    $adit uotp-server -c certs/server.pem -k certs/server.key \\
        -C certs/ca.pem 127.0.0.1 51820
  on the client, with ca.pem, client.pem and client.key from there
    $adit uotp-client -c certs/client.pem -k certs/client.key \\
        -C certs/ca.pem vpn.example.com 8443
  and let the application send to 127.0.0.1:8911 instead of the server.
README.md describes the same over DTLS, and how to have a VPN in one command.
\`make install\` in $build installs it;
\`$adit help\` lists the commands.
END
