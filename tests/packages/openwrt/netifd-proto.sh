# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# A stand-in of netifd-proto.sh: what a handler asks for is recorded, a line
# each, in $RECORD.
#
# NOTES.  $RUN_COMMAND is a program that gets the command of
# proto_run_command; without it the command is only recorded.
#
# shellcheck shell=dash disable=SC1091

. "$STUBS/jshn.sh"

# Words that need it are in brackets, so that each is seen.
recorded() {
	local words=$1 word
	shift
	for word in "$@"; do
		case $word in
		'' | *' '*) words="$words [$word]" ;;
		*) words="$words $word" ;;
		esac
	done
	record "$words"
}

for call in init_update send_update add_ipv4_address add_ipv6_address \
	add_ipv4_route add_ipv6_route add_host_dependency kill_command \
	notify_error block_restart config_add_string config_add_boolean \
	config_add_array; do
	eval "proto_$call() { recorded $call \"\$@\"; }"
done

proto_run_command() {
	recorded run_command "$@"
	shift
	[ -z "${RUN_COMMAND-}" ] || "$RUN_COMMAND" "$@"
}

# init_proto NAME COMMAND [INTERFACE DATA IFNAME]
init_proto() {
	proto_command=$2 proto_interface=${3-} proto_data=${4-} proto_ifname=${5-}
}

add_protocol() {
	case $proto_command in
	dump)
		no_device=0 available=0 lasterror=0
		"proto_$1_init_config"
		record "$1 no_device=$no_device available=$available" \
			"lasterror=$lasterror"
		;;
	setup | teardown)
		json_load "$proto_data"
		"proto_$1_$proto_command" "$proto_interface" "$proto_ifname"
		;;
	esac
}
