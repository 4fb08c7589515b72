# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# A stand-in of OpenWrt's /lib/functions.sh, by what its scripts may expect of
# it: UCI, callbacks, logger.
#
# NOTES.  $RECORD is the file that calls are recorded in, $UCI_CONFIG_DIR the
# folder of configurations, $STUBS this folder.
#
# shellcheck shell=dash disable=SC2034

record() {
	printf '%s\n' "$*" >>"$RECORD"
}

logger() {
	local level text
	while [ $# -gt 1 ]; do
		case $1 in
		-p) level=${2#daemon.}; shift ;;
		-t) shift ;;
		esac
		shift
	done
	text=$1
	record "log $level: $text"
}

reset_cb() {
	config_cb() { :; }
	option_cb() { :; }
	list_cb() { :; }
}
reset_cb

# What uci.awk prints.
config() {
	CONFIG_SECTION=$2
	CONFIG_SECTIONS="$CONFIG_SECTIONS $2"
	eval "CONFIG_$2_TYPE=\$1"
	config_cb "$1" "$2"
}

option() {
	eval "CONFIG_${CONFIG_SECTION}_$1=\$2"
	eval "CONFIG_${CONFIG_SECTION}_$1_ITEMS=0"
	option_cb "$1" "$2"
}

list() {
	local n
	eval "n=\$((\${CONFIG_${CONFIG_SECTION}_$1_ITEMS:-0} + 1))"
	eval "CONFIG_${CONFIG_SECTION}_$1_ITEMS=$n"
	eval "CONFIG_${CONFIG_SECTION}_$1_ITEM$n=\$2"
	eval "CONFIG_${CONFIG_SECTION}_$1=\"\${CONFIG_${CONFIG_SECTION}_$1:+\${CONFIG_${CONFIG_SECTION}_$1} }\$2\""
	list_cb "$1" "$2"
}

config_load() {
	local commands name
	for name in $(set | sed -n 's/^\(CONFIG_[A-Za-z0-9_]*\)=.*/\1/p'); do
		unset "$name"
	done
	CONFIG_SECTIONS='' CONFIG_SECTION=''
	[ -f "$UCI_CONFIG_DIR/$1" ] || return 1
	commands=$(awk -v lenient=1 -f "$STUBS/uci.awk" \
		"$UCI_CONFIG_DIR/$1" 2>/dev/null) || return 1
	eval "$commands"
	[ -z "$CONFIG_SECTION" ] || config_cb
}

# The program, strict: uci -q export PACKAGE.
uci() {
	[ -f "$UCI_CONFIG_DIR/$3" ] &&
		awk -f "$STUBS/uci.awk" "$UCI_CONFIG_DIR/$3"
}

# config_get VARIABLE SECTION OPTION [DEFAULT]
config_get() {
	eval "$1=\${CONFIG_$2_$3:-\${4-}}"
}

get_bool() {
	case $1 in
	1 | on | true | yes | enabled) printf 1 ;;
	0 | off | false | no | disabled) printf 0 ;;
	*) printf '%s' "$2" ;;
	esac
}

config_get_bool() {
	local got
	config_get got "$2" "$3" "$4"
	eval "$1=\$(get_bool \"\$got\" \"$4\")"
}

# config_foreach FUNCTION TYPE
config_foreach() {
	local section type
	for section in $CONFIG_SECTIONS; do
		config_get type "$section" TYPE
		[ "$type" != "$2" ] || "$1" "$section"
	done
}

# valid_option SECTION NAME:TYPE[:DEFAULT]: says it as validate_data does.
valid_option() {
	local name=${2%%:*} type=${2#*:} value n i status=0
	type=${type%%:*}
	eval "value=\${CONFIG_$1_$name-} n=\${CONFIG_$1_${name}_ITEMS:-0}"
	[ -n "$value" ] || return 0
	i=0
	while [ $i -lt "$n" ] || { [ "$n" = 0 ] && [ $i = 0 ]; }; do
		i=$((i + 1))
		[ "$n" = 0 ] || eval "value=\$CONFIG_$1_${name}_ITEM$i"
		if type=$type value=$value awk -f "$STUBS/types.awk"; then
			continue
		fi
		status=1
		[ "$n" = 0 ] || name="${2%%:*}[$((i - 1))]"
		echo "adit.$1.$name=$value validates as $type with false" >&2
	done
	return $status
}

# uci_load_validate PACKAGE TYPE NAME FUNCTION OPTION...
uci_load_validate() {
	local section=$3 type=$2 status=0 option
	shift 4
	if [ -z "$section" ]; then
		record "validate $type, $# options"
		return 0
	fi
	for option in "$@"; do
		valid_option "$section" "$option" || status=1
	done
	return $status
}
