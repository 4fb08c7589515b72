# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors
#
# Reads a file of UCI and prints it as commands of the shell: config TYPE NAME,
# option NAME VALUE, list NAME VALUE.  Status 1 if it is not right; with -v
# lenient=1 what is wrong is passed over, as `uci -S` does.
#
# NOTES.  A word is bare, or in single or double quotes, which may contain line
# breaks, and pieces of these join to one word; # begins a comment where a word
# could.  A backslash takes the character after it, but not in single quotes.

function fail(why) {
	print "uci: line " line ": " why >"/dev/stderr"
	if (!lenient) {
		failed = 1
		exit 1
	}
}

function quoted(word) {
	gsub(/'/, "'\\''", word)
	return "'" word "'"
}

# The statement of the words so far.
function end_statement() {
	if (n == 0)
		return
	if (words[1] == "config" && (n == 2 || n == 3)) {
		sections++
		if (n == 2)
			words[3] = sprintf("cfg%02d", sections)
		if (words[2] !~ /^[A-Za-z0-9_-]+$/ || \
		    words[3] !~ /^[A-Za-z0-9_]+$/)
			fail("is no section")
		else
			print "config", quoted(words[2]), quoted(words[3])
	} else if ((words[1] == "option" || words[1] == "list") && n == 3 && \
	    sections > 0) {
		if (words[2] !~ /^[A-Za-z0-9_]+$/)
			fail("is no option")
		else
			print words[1], quoted(words[2]), quoted(words[3])
	} else if (words[1] != "package" || n != 2) {
		fail("is no statement")
	}
	n = 0
}

function end_word() {
	if (in_word)
		words[++n] = word
	in_word = 0
	word = ""
}

{ text = text $0 "\n" }

END {
	line = 1
	for (i = 1; i <= length(text); i++) {
		c = substr(text, i, 1)
		if (c == "\n")
			line++
		if (quote != "") {
			if (c == quote)
				quote = ""
			else if (c == "\\" && quote == "\"")
				word = word substr(text, ++i, 1)
			else
				word = word c
		} else if (c == "'" || c == "\"") {
			quote = c
			in_word = 1
		} else if (c == "#" && !in_word) {
			while (substr(text, i + 1, 1) != "\n")
				i++
		} else if (c == "\n") {
			end_word()
			end_statement()
		} else if (c == " " || c == "\t") {
			end_word()
		} else {
			if (c == "\\")
				c = substr(text, ++i, 1)
			in_word = 1
			word = word c
		}
	}
	if (!failed && quote != "")
		fail("a quote has no end")
	exit failed
}
