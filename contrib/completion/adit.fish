# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# Completion for fish; `adit complete` knows what may follow.

function __adit_complete
	set -l typed (commandline -opc)
	set -l cur (commandline -ct)
	set -l name $typed[1]
	set -l args $typed[2..-1] "$cur"
	set -l base (string replace -r '.*/' '' -- $name)
	if test "$base" != adit
		set args $base $args
		set name adit
	end
	for line in ($name complete $args 2>/dev/null)
		set -l part (string split -m 1 \t -- $line)
		if test "$part[1]" != :files
			echo $line
			continue
		end
		set -l from (math (string length -- "$part[2]") + 1)
		for path in (__fish_complete_path (string sub -s $from -- "$cur"))
			echo "$part[2]$path"
		end
	end
end

for name in adit uotp-server uotp-client uott dtlspipe udptun udptunnel
	complete -c $name -f -a '(__adit_complete)'
end
