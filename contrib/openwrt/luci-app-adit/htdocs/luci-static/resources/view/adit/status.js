// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The Adit authors

/* What the tunnels do: polled each two seconds, with rates. */

'use strict';
'require view';
'require rpc';
'require poll';
'require ui';
'require tools.adit as adit';

const { el, fill, report } = adit;

const callStatus = rpc.declare({ object: 'adit', method: 'status' });
const callReload = rpc.declare({ object: 'adit', method: 'reload' });
const callReconnect = rpc.declare({
	object: 'adit', method: 'reconnect', params: [ 'tunnel' ]
});
const callDrop = rpc.declare({
	object: 'adit', method: 'drop', params: [ 'tunnel', 'peer' ]
});
const callService = rpc.declare({
	object: 'adit', method: 'service', params: [ 'action' ]
});

const PEERS = 20;

// Bytes of the answer before: by tunnel and direction.
let before = {};

function bytes(n) {
	return '%1024.1mB'.format(n);
}

function duration(s) {
	return '%t'.format(Math.max(0, s));
}

// Text of a rate, by what was carried since the answer before.
function rate(key, n, now) {
	const last = before[key];

	before[key] = { n, now };
	if (!last || now <= last.now || n < last.n)
		return '–';
	return '%1000.1mbit/s'.format((n - last.n) * 8 / (now - last.now));
}

function end(e) {
	return `${e.kind}:${e.address ?? ''}`;
}

// What the end that has a carrier knows about it.
function carrier(tunnel) {
	const e = [ tunnel.right, tunnel.left ].find(e => e.protocol ||
		e.connections != null || e.peer_address) ?? {};
	const words = [];

	if (e.protocol)
		words.push(e.suite ? `${e.protocol}, ${e.suite}` : e.protocol);
	if (e.connections != null)
		words.push(N_(e.connections, '%d connection',
			'%d connections').format(e.connections));
	if (e.peer_address)
		words.push(e.peer_name ? `${e.peer_address} (${e.peer_name})` :
			e.peer_address);
	if (e.rtt_us != null)
		words.push('%.1f ms'.format(e.rtt_us / 1000));
	if (e.certificate_days != null)
		words.push(N_(e.certificate_days, 'certificate: %d day',
			'certificate: %d days').format(e.certificate_days));
	return words.join(' · ') || '–';
}

function lost(tunnel) {
	const causes = Object.entries(tunnel.lost ?? {}).filter(c => c[1] > 0);

	if (causes.length == 0)
		return '0';
	return el('span', {
		'title': causes.map(c => `${c[0]}: ${c[1]}`).join('\n')
	}, String(causes.reduce((sum, c) => sum + c[1], 0)));
}

const STATES = {
	running: [ 'success', _('running') ],
	failed: [ 'warning', _('failed') ],
	stopped: [ 'warning', _('stopped') ]
};

function badge(tunnel) {
	const [ kind, text ] = STATES[tunnel.state] ?? [ 'notice', tunnel.state ];

	return el('span', { 'class': `label ${kind}` }, text);
}

function button(style, text, action) {
	return el('button', {
		'class': `btn cbi-button cbi-button-${style}`,
		'disabled': L.hasViewPermission() ? null : true,
		'click': ui.createHandlerFn(null, action)
	}, text);
}

function column(title, value) {
	return el('td', { 'class': 'td', 'data-title': title }, value);
}

function header(titles) {
	return el('tr', { 'class': 'tr table-titles' },
		titles.map(t => el('th', { 'class': 'th' }, t)));
}

// Rows of a tunnel: figures, and the last warning or error.
function tunnelRows(process, tunnel) {
	const now = process.now_s, key = `${process.pid}/${tunnel.name}/`;
	const both = (title, d, name) => column(title, [
		el('div', { 'style': 'white-space: nowrap' },
			rate(key + name, d.bytes, now)),
		el('small', {}, bytes(d.bytes))
	]);
	const rows = [ el('tr', { 'class': 'tr', 'data-tunnel': tunnel.name }, [
		column(_('Tunnel'), [
			el('div', {}, el('strong', {}, tunnel.name)),
			badge(tunnel)
		]),
		column(_('From and to'), [
			el('div', {}, end(tunnel.left)),
			el('div', {}, end(tunnel.right)),
			el('small', {}, carrier(tunnel))
		]),
		column(_('Flows'), String(tunnel.flows)),
		both(_('Up'), tunnel.up, 'up'),
		both(_('Down'), tunnel.down, 'down'),
		column(_('Lost'), lost(tunnel)),
		column('', button('action', _('Reconnect'),
			() => callReconnect(tunnel.name).then(report)))
	]) ];

	if (tunnel.last_error)
		rows.push(el('tr', { 'class': 'tr' }, el('td', {
			'class': 'td', 'colspan': 7
		}, el('em', {}, _('%s ago: %s').format(
			duration(now - tunnel.last_error.time_s),
			tunnel.last_error.text)))));
	return rows;
}

function peerRows(tunnel) {
	return tunnel.peers.slice(0, PEERS).map(p => el('tr', { 'class': 'tr' }, [
		column(_('Peer'), p.name ?? p.address),
		column(_('Address'), p.address),
		column(_('Heard'), p.heard_s == null ? '–' :
			_('%s ago').format(duration(p.heard_s))),
		column(_('Flows'), String(p.flows)),
		column(_('Up'), bytes(p.up.bytes)),
		column(_('Down'), bytes(p.down.bytes)),
		column('', button('negative', _('Drop'), () => callDrop(
			tunnel.name, p.name ?? p.address.replace(/:\d+$/, '')
				.replace(/^\[(.*)\]$/, '$1')).then(report)))
	]));
}

// A process with its tunnels.
function processNode(title, status) {
	const p = status.process, nodes = [
		el('h3', {}, title),
		el('p', {}, _('Version %s, process %d, for %s; %d of %d tunnels run.')
			.format(p.version, p.pid, duration(p.now_s - p.start_s),
				p.running, p.tunnels)),
		el('table', { 'class': 'table' }, [
			header([ _('Tunnel'), _('From and to'), _('Flows'), _('Up'),
				_('Down'), _('Lost'), '' ]),
			...status.tunnels.map(t => tunnelRows(p, t)).flat()
		])
	];

	for (const tunnel of status.tunnels.filter(t => t.peers.length > 0))
		nodes.push(
			el('h4', {}, _('Peers of %s: %d').format(tunnel.name,
				tunnel.peers_total)),
			el('table', { 'class': 'table' }, [
				header([ _('Peer'), _('Address'), _('Heard'), _('Flows'),
					_('Up'), _('Down'), '' ]),
				...peerRows(tunnel)
			]));
	return el('div', { 'class': 'cbi-section' }, nodes);
}

function content(status) {
	const nodes = [];

	if (status.daemon)
		nodes.push(processNode(_('Tunnels of the service'), status.daemon));
	else
		nodes.push(el('div', { 'class': 'cbi-section' }, el('p', {},
			el('em', {}, _('The service does not run.')))));
	for (const name of Object.keys(status.interfaces ?? {}).sort())
		if (status.interfaces[name])
			nodes.push(processNode(_('Interface %s').format(name),
				status.interfaces[name]));
	return nodes;
}

return view.extend({
	load: function() {
		return callStatus();
	},

	render: function(status) {
		const at = el('div', { 'id': 'adit-status' }, content(status));
		const refresh = () => callStatus().then(
			s => fill(at, content(s)));
		const act = action => () => callService(action)
			.then(report).then(refresh);

		poll.add(refresh, 2);
		return el([], {}, [
			el('h2', {}, _('Adit')),
			el('div', { 'class': 'cbi-section' }, [
				button('positive', _('Start'), act('start')), ' ',
				button('action', _('Restart'), act('restart')), ' ',
				button('action', _('Reload'), () => callReload()
					.then(report).then(refresh)), ' ',
				button('negative', _('Stop'), act('stop'))
			]),
			at
		]);
	},

	handleSaveApply: null,
	handleSave: null,
	handleReset: null
});
