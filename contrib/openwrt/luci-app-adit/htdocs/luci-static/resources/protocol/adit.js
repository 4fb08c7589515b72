// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The Adit authors

/* The protocol `adit` in Network, Interfaces. */

'use strict';
'require form';
'require network';
'require tools.widgets as widgets';

network.registerPatternVirtual(/^adit-.+$/);

return network.registerProtocol('adit', {
	getI18n: function() {
		return _('Adit VPN');
	},

	getIfname: function() {
		return this._ubus('l3_device') || `adit-${this.sid}`.slice(0, 15);
	},

	getPackageName: function() {
		return 'adit';
	},

	isFloating: function() {
		return true;
	},

	isVirtual: function() {
		return true;
	},

	getDevices: function() {
		return null;
	},

	containsDevice: function(ifname) {
		return network.getIfnameOf(ifname) == this.getIfname();
	},

	renderFormOptions: function(s) {
		let o = s.taboption('general', form.Value, 'right', _('Server'),
			_('KIND:HOST:PORT, where the kind is tls, dtls, tcp, uott or udp.'));

		o.placeholder = 'dtls:vpn.example.com:443';
		o.rmempty = false;
		o.validate = (section, text) =>
			/^(tls|dtls|tcp|uott|udp|ip-udp):.*:\d+/.test(text) ||
			_('This is no KIND:HOST:PORT.');

		o = s.taboption('general', form.DynamicList, 'addresses',
			_('Addresses'), _('Of this router in the VPN, as 10.88.0.2/24.'));
		o.datatype = 'or(cidr,ipaddr)';

		o = s.taboption('general', form.Value, 'psk', _('Key'),
			_('Of DTLS, in hexadecimal.'));
		o.password = true;
		o.datatype = 'or(hexstring,string)';
		o = s.taboption('general', form.Value, 'identity', _('Identity'),
			_('The name that the server knows this client by.'));
		o = s.taboption('general', form.Value, 'cafile', _('CA'),
			_('File of the trusted CAs; without it those of the system.'));
		o.placeholder = '/etc/adit/ca.pem';
		o = s.taboption('general', form.Value, 'cert', _('Own certificate'),
			_('For servers that require one.'));
		o = s.taboption('general', form.Value, 'key', _('Own key'));

		o = s.taboption('general', form.Flag, 'defaultroute',
			_('Default route'), _('All traffic goes through the tunnel.'));
		o.default = '0';
		o = s.taboption('general', form.DynamicList, 'routes', _('Routes'),
			_('Networks behind the tunnel, as 192.168.7.0/24.'));
		o.datatype = 'cidr';

		o = s.taboption('advanced', widgets.NetworkSelect, 'tunlink',
			_('Bind interface'),
			_('The route to the server is through this interface.'));
		o.exclude = s.section;
		o.nocreate = true;
		o.optional = true;
		o = s.taboption('advanced', form.Value, 'mtu', _('MTU'));
		o.datatype = 'or("auto",range(68,65535))';
		o.placeholder = 'auto';
	}
});
