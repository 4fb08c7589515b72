#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# The manifest of contrib/smf, for illumos: it has the elements and attributes
# that it may have, and its methods do what they should with our program.
#
# needs: gcc make libbearssl-dev libxml2-utils
#
# NOTES.  There is no illumos here.  smf/manifest.dtd has what its DTD says of
# the elements that we use; where the machine has that DTD, it is used as well.

# shellcheck source=tests/portability/tap.sh
. "$(dirname "$0")/../portability/tap.sh"

needs xmllint make

manifest=$srcdir/contrib/smf/adit.xml
own=$srcdir/tests/packages/smf/manifest.dtd
theirs=/usr/share/lib/xml/dtd/service_bundle.dtd.1

# valid DTD FILE
valid() {
	xmllint --noout --nonet --nowarning --dtdvalid "$1" "$2"
}
# invalid SED-COMMAND: the manifest changed by it is refused.
invalid() {
	sed "$1" "$manifest" >changed.xml
	! cmp -s changed.xml "$manifest" && xmllint --noout --nonet \
		--nowarning changed.xml && ! valid "$own" changed.xml
}
# value XPATH WORDS
value() {
	[ "$(xmllint --nonet --xpath "string($1)" "$manifest")" = "$2" ] || {
		xmllint --nonet --xpath "string($1)" "$manifest"
		return 1
	}
}

check 'the manifest is valid' valid "$own" "$manifest"
if [ -f "$theirs" ]; then
	check 'and so by the DTD of this system' valid "$theirs" "$manifest"
fi
check 'a value that there is not is refused' invalid 's/optional_all/some/'
check 'an attribute that is missing is refused' \
	invalid 's/ timeout_seconds="60"//'
check 'an order that is wrong is refused' invalid \
	's,<exec_method ,<stability value="Stable"/>&,'
check 'it is not enabled by being imported' value '//instance/@enabled' false
check 'the daemon is not expected to leave the foreground' \
	value '//propval[@name="duration"]/@value' child
check 'and has any time to run' \
	value '//exec_method[@name="start"]/@timeout_seconds' 0

# --- The methods, with our program -------------------------------------------

adit=${ADIT_NATIVE-}
if [ ! -x "$adit" ]; then
	check 'configure' within build "$srcdir/configure" -q
	check 'make' make -C build "$jobs"
	adit=$work/build/adit
fi
file=$(xmllint --nonet --xpath 'string(//propval[@name="file"]/@value)' \
	"$manifest")
check 'it reads the file that adit run reads' \
	grep -F "$file" "$srcdir/doc/adit.conf.5"
# method NAME: as the restarter runs it, with a program and a file of ours.
method() {
	xmllint --nonet --xpath "string(//exec_method[@name='$1']/@exec)" \
		"$manifest" | sed "s,^/usr/local/bin/adit,$adit,
		s,%{config/file},$work/adit.conf,"
}
cat >adit.conf <<'TEXT'
[tunnel one]
left = udp-listen:127.0.0.1:0
right = udp:127.0.0.1:9
TEXT
chmod 600 adit.conf
mkfifo log
# A list of words.
# shellcheck disable=SC2046,SC2091
$(method start) 2>log &
pid=$!
exec 3<log
# logged WORDS: waits for a line that has them, until the program ends.
logged() {
	while read -r line <&3; do
		printf '%s\n' "$line"
		case $line in
		*"$1"*) return 0 ;;
		esac
	done
	return 1
}
check 'start: it is ready' logged ': ready'
# signalled NAME: sends what the method says.
signalled() {
	case $(method "$1") in
	:kill\ -[A-Z]*) kill "$(method "$1" | sed 's/^:kill //')" "$pid" ;;
	*) return 1 ;;
	esac
}
check 'refresh is a reload' signalled refresh
check 'which is done' logged 'reloaded: '
check 'stop ends it' signalled stop
check 'without a failure' wait $pid
done_testing
