// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The Adit authors

/* Forms for the tunnels and the process, of /etc/config/adit. */

'use strict';
'require view';
'require form';
'require rpc';
'require uci';
'require ui';
'require tools.adit as adit';

const { el, escaped, report } = adit;

const callGenpsk = rpc.declare({
	object: 'adit', method: 'genpsk', params: [ 'identity' ]
});
const callGencert = rpc.declare({
	object: 'adit', method: 'gencert', params: [ 'names', 'clients' ]
});
const callFeatures = rpc.declare({ object: 'adit', method: 'features' });

const LEFT_KINDS = [
	[ 'udp-listen', _('Local UDP port') ],
	[ 'tls-listen', _('TLS server') ],
	[ 'dtls-listen', _('DTLS server') ],
	[ 'tcp-listen', _('TCP server') ],
	[ 'uott-listen', _('Server of uott') ],
	[ 'udp2tcp-listen', _('Server of udp-over-tcp') ],
	[ 'tun', _('TUN device') ]
];

const RIGHT_KINDS = [
	[ 'tls', _('TLS client') ],
	[ 'dtls', _('DTLS client') ],
	[ 'tcp', _('TCP client') ],
	[ 'uott', _('Client of uott') ],
	[ 'udp2tcp', _('Client of udp-over-tcp') ],
	[ 'udp', _('UDP target') ],
	[ 'ip-udp', _('IP packets in UDP') ],
	[ 'tun', _('TUN device') ]
];

const PRESETS = [ 'uotp-client', 'uotp-server', 'uott', 'dtlspipe', 'udptun',
	'udptunnel' ];

// Keys of ends: side, option, its kinds, what is entered, title, description.
const KEYS = [
	[ 'left', 'addr', 'tun', 'cidrs', _('Addresses'),
		_('Of the device, as 10.88.0.2/24.') ],
	[ 'left', 'route', 'tun', 'routes', _('Routes'),
		_('Networks behind the tunnel, or default.') ],
	[ 'left', 'killswitch', 'tun', 'flag', _('Nothing goes around it'),
		_('With a default route: while the tunnel is down, too.') ],
	[ 'left', 'mtu', 'tun', 'mtu', _('MTU'), '' ],
	[ 'left', 'cert', 'tls-listen uott-listen', 'file', _('Certificate'),
		_('File with the certificate and its chain.') ],
	[ 'left', 'key', 'tls-listen uott-listen', 'file', _('Key'),
		_('File with its private key.') ],
	[ 'left', 'cafile', 'tls-listen uott-listen', 'file', _('CA of clients'),
		_('Only clients with a certificate of these CAs are accepted.') ],
	[ 'left', 'psk', 'dtls-listen', 'psk', _('Key'),
		_('One key for all clients, in hexadecimal.') ],
	[ 'left', 'psk_file', 'dtls-listen', 'file', _('File of keys'),
		_('A key for each client, as IDENTITY:KEY.') ],
	[ 'right', 'cafile', 'tls uott', 'file', _('CA'),
		_('File of the trusted CAs; without it those of the system.') ],
	[ 'right', 'name', 'tls uott', 'host', _('Name in the certificate'),
		_('If it is not that of the server above.') ],
	[ 'right', 'cert', 'tls uott', 'file', _('Own certificate'),
		_('For servers that require one.') ],
	[ 'right', 'key', 'tls uott', 'file', _('Own key'), '' ],
	[ 'right', 'pool', 'tls tcp', 'pool', _('Connections'),
		_('Of each flow, 1 to 256.') ],
	[ 'right', 'psk', 'dtls', 'psk', _('Key'),
		_('In hexadecimal, as the server has it.') ],
	[ 'right', 'identity', 'dtls', 'text', _('Identity'),
		_('The name that the server knows this client by.') ],
	[ 'right', 'keepalive', 'tls dtls tcp uott udp2tcp', 'time',
		_('Keep-alive'), _('Seconds of silence before one is sent.') ],
	[ 'right', 'addr', 'tun', 'cidrs', _('Addresses'),
		_('Of the device, as 10.88.0.1/24.') ],
	[ 'right', 'inner_file', 'tun', 'file', _('File of inner addresses'),
		_('Which client may use which addresses.') ]
];

// How what is entered is checked.
const TYPES = {
	cidrs: 'or(cidr,ipaddr)',
	routes: 'or("default",cidr)',
	mtu: 'or("auto",range(68,65535))',
	pool: 'range(1,256)',
	host: 'host',
	time: 'uinteger'
};

// What the program on this router has, as the object adit answers: adit-mini
// has less than adit.  Without an answer all is offered.
let features = {};

// Whether it has one of the ends of a side, or of the commands.
function has(what, name) {
	const names = features?.[what] ?? [];

	return names.length == 0 || names.includes(name);
}

function missing() {
	return _('The program on this router does not have it.');
}

// Whether a tunnel has that preset, or an end of that kind.
function isUsed(option, name) {
	return uci.sections('adit', 'tunnel').some(
		s => (s[option] ?? '').split(':')[0] == name);
}

// Offers what the program has.  What it lacks and a tunnel has is there too,
// but is no right choice; else the form would change it to the first one.
function addChoices(o, option, what, choices) {
	for (const [ name, title ] of choices) {
		if (has(what, name))
			o.value(name, title);
		else if (isUsed(option, name))
			o.value(name, `${title} – ${_('missing')}`);
	}
	o.validate = (section, name) => name == '' || has(what, name) ||
		missing();
}

function isPort(text) {
	return /^\d+$/.test(text) && +text >= 1 && +text <= 65535;
}

// Whether the address of an end of that kind is right: true, or why not.
function checkAddress(kind, text) {
	if (kind == 'tun')
		return /^[A-Za-z0-9_.%-]{0,15}$/.test(text) ||
			_('A name of a device has up to 15 letters and digits.');
	if (/^\{.+\}/.test(text))
		return true;
	const m = text.match(/^(\[[0-9A-Fa-f:.%]+\]|[^:[\]\s,]*):(\d+)$/);

	if (!m || !isPort(m[2]))
		return _('This is no HOST:PORT; IPv6 addresses are in brackets.');
	if (m[1] == '' && !kind.endsWith('-listen') && kind != 'ip-udp')
		return _('The host is missing.');
	return true;
}

function checkPsk(text) {
	if (text == '' || /^(file|env|fd):./.test(text))
		return true;
	if (!/^([0-9A-Fa-f]{2})+$/.test(text))
		return _('A key is hexadecimal, two digits a byte.');
	return text.length >= 32 || _('A key has at least 16 bytes, 32 digits.');
}

// An end as it is in UCI, taken apart; keys after a comma stay in address.
function split(side, section) {
	const text = uci.get('adit', section, side) ?? '';
	const colon = text.indexOf(':');

	return colon < 0 ? { kind: text, address: '' } :
		{ kind: text.slice(0, colon), address: text.slice(colon + 1) };
}

function addEnd(s, side, kinds) {
	const kind = s.taboption(side, form.ListValue, `_${side}_kind`, _('Kind'));
	const address = s.taboption(side, form.Value, `_${side}_address`,
		_('Address'), side == 'left' ?
			_('HOST:PORT on which it listens, or the name of a device. An empty host is every address.') :
			_('HOST:PORT, or the name of a device.'));
	// A dialogue has copies of the options: `this` is the right one.
	const entered = (o, section, what) =>
		o.section.formvalue(section, `_${side}_${what}`) ?? '';
	const write = function(section) {
		uci.set('adit', section, side, entered(this, section, 'kind') + ':' +
			entered(this, section, 'address'));
	};

	addChoices(kind, side, side, kinds.map(
		([ name, title ]) => [ name, `${title} (${name})` ]));
	kind.default = kinds[0][0];
	kind.cfgvalue = section => split(side, section).kind || kinds[0][0];
	address.cfgvalue = section => split(side, section).address;
	address.validate = function(section, text) {
		return checkAddress(entered(this, section, 'kind'),
			text.split(',')[0]);
	};
	address.rmempty = false;
	address.placeholder = side == 'left' ? '127.0.0.1:51821' :
		'vpn.example.com:443';
	for (const o of [ kind, address ]) {
		o.modalonly = true;
		o.write = write;
		o.remove = section => uci.unset('adit', section, side);
		o.depends('preset', '');
	}
	return kind;
}

// A button that makes a key and puts it into the field.
function addKeyButton(s, side) {
	const b = s.taboption(side, form.Button, `_${side}_genpsk`, _('New key'),
		_('The same key is entered on the other side.'));

	b.modalonly = true;
	b.inputtitle = _('Make a key');
	b.inputstyle = 'apply';
	b.onclick = function(ev, section) {
		const field = this.section.getUIElement(section, `${side}_psk`);

		return callGenpsk('').then(answer => {
			if (!report(answer).code)
				field.setValue(answer.text.trim());
			field.triggerValidation();
		});
	};
	return b;
}

function addKey(s, row) {
	const [ side, name, kinds, type, title, description ] = row;
	const many = type == 'cidrs' || type == 'routes';
	const o = s.taboption(side, many ? form.DynamicList :
		type == 'flag' ? form.Flag : form.Value, `${side}_${name}`, title,
		description);
	const all = [ o ];

	o.modalonly = true;
	o.datatype = TYPES[type];
	o.optional = true;
	if (type == 'file') {
		o.placeholder = '/etc/adit/…';
		o.validate = (section, text) => text == '' ||
			text.startsWith('/') || _('The path begins with /.');
	}
	if (type == 'psk') {
		o.password = true;
		o.validate = (section, text) => checkPsk(text);
		all.push(addKeyButton(s, side));
	}
	for (const each of all)
		for (const kind of kinds.split(' '))
			each.depends(`_${side}_kind`, kind);
	return o;
}

// A dialogue that makes certificates in /etc/adit.
function showGencert() {
	const names = el('input', {
		'id': 'adit-names', 'class': 'cbi-input-text',
		'placeholder': 'vpn.example.com 192.0.2.7'
	});
	const clients = el('input', {
		'id': 'adit-clients', 'class': 'cbi-input-text',
		'placeholder': 'alice bob'
	});
	const words = input => input.value.trim().split(/\s+/).filter(w => w);
	const make = () => callGencert(words(names), words(clients))
		.then(answer => ui.showModal(answer.code ? _('Not made') :
			_('Made'), [
			el('pre', {}, answer.text),
			el('div', { 'class': 'right' }, el('button', {
				'class': 'btn', 'click': ui.hideModal
			}, _('Close')))
		]));

	ui.showModal(_('Make certificates'), [
		el('p', {}, _('They are made in /etc/adit, with a private CA: ca.pem, which clients trust, and server.pem and server.key for the names and addresses of this router; or for clients, each with a name of its own.')),
		el('label', { 'for': 'adit-names' }, _('Names of the server')),
		el('div', {}, names),
		el('label', { 'for': 'adit-clients' }, _('or names of clients')),
		el('div', {}, clients),
		el('div', { 'class': 'right' }, [
			el('button', { 'class': 'btn', 'click': ui.hideModal },
				_('Cancel')), ' ',
			el('button', {
				'class': 'btn cbi-button-positive',
				'click': ui.createHandlerFn(null, make)
			}, _('Make'))
		])
	]);
}

function addTunnels(m) {
	const s = m.section(form.GridSection, 'tunnel', _('Tunnels'));
	let o;

	s.addremove = true;
	s.sortable = true;
	s.nodescriptions = true;
	s.addbtntitle = _('Add a tunnel');
	// UCI has names of letters, digits and _ only.
	s.modaltitle = section => `${_('Tunnel')} ${section}`;
	s.tab('general', _('General'));
	s.tab('left', _('Where traffic comes from'));
	s.tab('right', _('Where it goes to'));
	s.tab('limits', _('Limits'));

	o = s.taboption('general', form.Flag, 'enabled', _('Enabled'));
	o.default = '1';
	o.rmempty = false;
	o.editable = true;

	o = s.taboption('general', form.DummyValue, '_left', _('From'));
	o.modalonly = false;
	o.textvalue = section => escaped(uci.get('adit', section, 'preset') ??
		uci.get('adit', section, 'left') ?? '–');
	o = s.taboption('general', form.DummyValue, '_right', _('To'));
	o.modalonly = false;
	o.textvalue = section => escaped(uci.get('adit', section, 'arguments') ??
		uci.get('adit', section, 'right') ?? '–');

	o = s.taboption('general', form.ListValue, 'preset', _('Made of'),
		_('Two ends, which are in the next tabs; or the arguments of an old tool.'));
	o.modalonly = true;
	o.value('', _('two ends'));
	addChoices(o, 'preset', 'commands', PRESETS.map(name => [ name, name ]));
	o = s.taboption('general', form.Value, 'arguments', _('Arguments'),
		_('As on the command line of that tool, after its options.'));
	o.modalonly = true;
	for (const name of PRESETS)
		o.depends('preset', name);

	addEnd(s, 'left', LEFT_KINDS);
	addEnd(s, 'right', RIGHT_KINDS);
	for (const row of KEYS)
		addKey(s, row);

	o = s.taboption('limits', form.Value, 'idle', _('Idle time'),
		_('Seconds of silence that end a flow; 0 is never.'));
	o.datatype = 'uinteger';
	o.placeholder = '120';
	o.modalonly = true;
	o = s.taboption('limits', form.Value, 'max_flows', _('Flows'),
		_('At the same time.'));
	o.datatype = 'range(1,1048576)';
	o.placeholder = '4096';
	o.modalonly = true;
	o = s.taboption('limits', form.Value, 'source_share',
		_('Share of an address'),
		_('Percent of the flows that one address may have once half are in use.'));
	o.datatype = 'range(1,100)';
	o.placeholder = '25';
	o.modalonly = true;
}

function addDaemon(m) {
	const s = m.section(form.NamedSection, 'daemon', 'daemon', _('Process'));
	const servesStatus = features?.status !== false;
	let o;

	s.addremove = false;
	o = s.option(form.ListValue, 'verbosity', _('Log'));
	o.value('error', _('errors'));
	o.value('warn', _('warnings'));
	o.value('info', _('flows'));
	o.value('debug', _('decisions'));
	o.default = 'warn';
	o = s.option(form.Value, 'user', _('User'),
		_('Whose rights the process has when all is open; empty: root.'));
	o.datatype = 'uciname';
	if (servesStatus || uci.get('adit', 'daemon', 'status')) {
		o = s.option(form.Value, 'status', _('Status for browsers'),
			_('Address and port on which the status is served, such as 127.0.0.1:9100.'));
		o.validate = (section, text) => text == '' ||
			(servesStatus ? checkAddress('status', text) : missing());
	}
	if (servesStatus) {
		o = s.option(form.Value, 'status_token', _('Token for it'),
			_('At least 16 characters; needed off the loopback.'));
		o.password = true;
		o.validate = (section, text) => text == '' ||
			text.length >= 16 ||
			_('A token has at least 16 characters.');
	}
	o = s.option(form.Flag, 'jail', _('Jail'),
		_('Needs the package procd-ujail.'));
	o.default = '0';
}

return view.extend({
	load: function() {
		return Promise.all([ L.resolveDefault(callFeatures(), {}),
			uci.load('adit') ]);
	},

	render: function([ found ]) {
		const m = new form.Map('adit', _('Adit'),
			_('Tunnels for UDP datagrams and IP packets inside TLS, TCP or DTLS.'));

		features = found;
		if (!uci.get('adit', 'daemon'))
			uci.add('adit', 'daemon', 'daemon');
		addTunnels(m);
		addDaemon(m);
		return m.render().then(node => el([], {}, [
			node,
			has('commands', 'gencert') ? el('div', {
				'class': 'cbi-section'
			}, el('button', {
				'id': 'adit-gencert',
				'class': 'btn cbi-button cbi-button-action',
				'disabled': L.hasViewPermission() ? null : true,
				'click': showGencert
			}, _('Make certificates…'))) : null
		]));
	}
});
