// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The Adit authors

/* Elements whose children are text, never markup.
 *
 * NOTES.  LuCI's E() and dom.content() take a string that is no item of a list
 * as markup.  Names of peers, the last error and what a program answered have
 * words of strangers.  Views make elements with these functions alone.
 */

'use strict';
'require baseclass';
'require dom';
'require ui';

// What is to be below an element, as a list without null.
function list(children) {
	return [ children ].flat().filter(c => c != null);
}

return baseclass.extend({
	// A new element; of strings among its children text nodes are made.
	el: function(tag, attributes, children) {
		return E(tag, attributes ?? {}, list(children));
	},

	// Gives an element other children, by the same rule.
	fill: function(element, children) {
		return dom.content(element, list(children));
	},

	// A string for those places of LuCI's forms that take markup.
	escaped: function(text) {
		return '%h'.format(String(text));
	},

	// Shows what a call answered, if it failed.
	report: function(answer) {
		if (answer?.code)
			ui.addNotification(null, E('p', {}, list(answer.text)),
				'danger');
		return answer;
	}
});
