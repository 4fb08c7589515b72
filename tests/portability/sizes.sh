#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# The small program, static with musl, is not larger than is promised, and
# prints what its parts are: sizes.sh [SOURCE [TARGET...]].
#
# NOTES.  TARGET is x86_64, armhf or mips; without any, those whose compiler is
# installed.  musl and BearSSL are built from source for size, and kept
# (musl.sh, bearssl.sh).  The table is in the lines of TAP that begin with "#";
# doc/PORTING.md has a copy of it.  Sizes are bytes of the file without symbols,
# and 1 kB is 1000 bytes.  Those of parts are what the linker's map has of them,
# in sections that are in the file.  The memory is that of a client whose tunnel
# is ready and of its resolver, on this machine: their resident memory (Rss),
# in which pages that both have count twice, and their share of it (Pss), in
# which they count once.
#
# $ADIT_SIZES_FOLDER keeps the builds there, for a look at the maps.

# shellcheck source=tests/portability/tap.sh
. "$(dirname "$0")/tap.sh"

needs gcc apt-get make awk strip
[ $# = 0 ] || shift
folder=${ADIT_SIZES_FOLDER:-$work}
mkdir -p "$folder"

# options SET: those that it has beside --enable-small and --enable-static.
options() {
	[ "$1" = all ] || echo --without-tools --without-doctor \
		--without-status --without-help
	[ "$1" != uott ] || echo --without-tls --without-dtls --without-tun \
		--without-control --without-monitor --without-hooks \
		--without-systemd --without-old-tools
	[ "$1" != client ] || echo --without-servers --without-fetch \
		--without-old-tools
}

# The largest size, in kB, that a set may have on a target; nothing: any.
bound() {
	case $1-$2 in
	x86_64-router) echo 585 ;;
	x86_64-uott) echo 275 ;;
	armhf-router) echo 440 ;;
	mips-router) echo 525 ;;
	esac
}
# The memory (Pss), in kB of 1024 bytes, that client and resolver may have.
memory_bound=750

# choose TARGET: sets musl (its name there), tools (a prefix), own (what the
# compiler is told for our files) and libs (for libraries).
choose() {
	own='' libs=''
	case $1 in
	x86_64) musl=x86_64-linux-musl tools='' ;;
	armhf) musl=arm-linux-musleabihf tools=arm-linux-gnueabihf- ;;
	mips)
		# As OpenWrt has it: MIPS16, but not in its libc.
		musl=mips-linux-musl tools=mips-linux-gnu- own=-mips16
		libs=-mplt
		;;
	*) return 1 ;;
	esac
}

# is_there TARGET: whether the compiler is installed.
is_there() {
	choose "$1" || return 1
	case $tools in
	'') [ "$(uname -s -m)" = 'Linux x86_64' ] ;;
	*) command -v "${tools}gcc" >/dev/null ;;
	esac
}

# What gcc is told of libraries that are for one static program.
library_flags='-Os -fno-pie -ffunction-sections -fdata-sections'

# libraries TARGET: sets compiler and bearssl.
libraries() {
	choose "$1"
	if [ -n "$tools" ]; then
		headers=/usr/${tools%-}/include
	else
		headers=/usr/include/$(gcc -print-multiarch)
	fi
	compiler=$(sh "$srcdir/tests/portability/musl.sh" "$musl" \
		"${tools}gcc" "${tools}ar" "$headers" \
		"$library_flags $libs" 2>>"$work/errors") &&
		bearssl=$(sh "$srcdir/tests/portability/bearssl.sh" "$1-musl" \
			"$compiler" "${tools}ar" "$library_flags $libs" \
			2>>"$work/errors")
}

# build OPTION...: the program adit, its map, and adit.small without symbols.
build() {
	"$srcdir/configure" -q --enable-small --enable-static \
		--host="${tools%-}" --with-bearssl="$bearssl" \
		CC="$compiler -static $own" AR="${tools}ar" STRIP="${tools}strip" "$@" &&
		make "$jobs" LDFLAGS=-Wl,-Map=map &&
		"${tools}strip" -o adit.small adit
}

# parts: reads a map; prints "PART BYTES" for each part, "piece BYTES NAME" for
# each input section.
parts() {
	awk '
	function number(hex, i, n) {
		n = 0
		hex = tolower(substr(hex, 3))
		for (i = 1; i <= length(hex); i++)
			n = n * 16 + \
			    index("0123456789abcdef", substr(hex, i, 1)) - 1
		return n
	}
	/^Linker script and memory map/ { on = 1 }
	!on { next }
	# An output section; those that are not in the file are passed over.
	/^[._a-zA-Z]/ {
		taken = $1 ~ /^\.(text|rodata|data|init|fini|got|tdata|ctors|dtors|sdata)/
		name = ""
	}
	/^ [.*][^ ]*$/ { name = $1; next }
	/^ \.[^ ]* +0x/ { name = $1; address = $2; size = $3; file = $4 }
	/^ +0x[0-9a-f]+ +0x[0-9a-f]+ [^ ]/ && name != "" {
		address = $1; size = $2; file = $3
	}
	file != "" && taken && address !~ /^0x0*$/ {
		n = number(size)
		part = file ~ /libbearssl/ ? "BearSSL" : \
		    file ~ /lib(c|gcc|gcc_eh)\.a|crt|musl/ ? "libc" : "Adit"
		of[part] += n
		sub(/.*\(/, "", file)
		sub(/\)$/, "", file)
		sub(/.*\//, "", file)
		if (n > 0)
			print "piece", n, part, file, name
	}
	{ file = "" }
	END {
		for (part in of)
			print "part", of[part], part
	}' "$1"
}

# kb BYTES: as kB, rounded up.
kb() {
	echo $((($1 + 999) / 1000))
}

# part NAME: of what was found, in kB.
part() {
	kb "$(awk -v part="$1" '$1 == "part" && $3 == part { n = $2 }
		END { print n + 0 }' found)"
}

# is_at_most FILE KB
is_at_most() {
	bytes=$(wc -c <"$1")
	echo "$bytes bytes, of $2 kB that are allowed"
	[ "$bytes" -le $(($2 * 1000)) ]
}

# memory PID: lines "RSS PSS" in kB, of it and of all that descend from it.
memory() {
	awk '/^Rss:/ { rss = $2 } /^Pss:/ { pss = $2 }
	END { print rss, pss }' "/proc/$1/smaps_rollup"
	tr ' ' '\n' <"/proc/$1/task/$1/children" |
		while read -r child; do
			[ -z "$child" ] || memory "$child"
		done
}

# client_memory PROGRAM: the sums "RSS PSS" of a client that is ready.
client_memory() {
	said=$work/said.$$
	mkfifo "$said"
	"$1" tunnel udp-listen:127.0.0.1:0 uott:127.0.0.1:9 2>"$said" &
	pid=$!
	{
		grep -m 1 ready >/dev/null && memory $pid |
			awk '{ rss += $1; pss += $2 } END { print rss, pss }'
		kill $pid
		cat >/dev/null
	} <"$said"
	wait $pid
	rm -f "$said"
}

# measure TARGET SET OPTION...
measure() {
	target=$1 set=$2
	shift 2
	mkdir -p "$folder/$target-$set"
	cd "$folder/$target-$set" || return
	limit=$(bound "$target" "$set")
	check "$target, $set: builds" build "$@" || return
	[ -z "$limit" ] || check "$target, $set: at most $limit kB" \
		is_at_most adit.small "$limit"
	parts map >found
	printf '# | %s | %s | %s | %s | %s | %s |\n' "$target" "$set" \
		"$(kb "$(wc -c <adit.small)")" "$(part Adit)" \
		"$(part BearSSL)" "$(part libc)" >>"$work/table"
	[ "$set" = router ] || return
	{
		printf '#\n# %s, %s: the biggest pieces\n#\n' "$target" "$set"
		sed -n 's/^piece //p' found | sort -rn | head -n 20 |
			sed 's/^/#     /'
	} >>"$work/pieces"
	[ "$target" = x86_64 ] || return
	sums=$(client_memory ./adit.small)
	check "$set: a client and its resolver have at most $memory_bound kB" \
		sh -c "echo '$sums'; [ ${sums#* } -gt 0 ] &&
		[ ${sums#* } -le $memory_bound ]"
	printf '#\n# client with its resolver: Rss %s kB, Pss %s kB\n' \
		"${sums% *}" "${sums#* }" >>"$work/pieces"
}

# The targets that were named must be there.
targets=$*
if [ $# = 0 ]; then
	for target in x86_64 armhf mips; do
		if is_there $target; then
			targets="$targets $target"
		else
			skip "$target" 'its compiler is not installed'
		fi
	done
fi
for target in $targets; do
	if ! is_there "$target" || ! libraries "$target"; then
		check "$target: compiler, musl and BearSSL" \
			sh -c "tail -n 20 '$work/errors'; false"
		continue
	fi
	for set in uott client router all; do
		# A list of words.
		# shellcheck disable=SC2046
		measure "$target" "$set" $(options "$set")
	done
done
echo '# | target | set | kB | Adit | BearSSL | libc |'
echo '# | --- | --- | --- | --- | --- | --- |'
cat "$work/table" "$work/pieces" 2>/dev/null
done_testing
