# promise: an inner address moves after 10 s of silence, where the old flow or the new one has no name (adit.8 TUN; NOTES of tunnel/tun_table.h)
# file: src/tunnel/tun_table.c
# test: unit/test_tun_table
/^tun_entry_silence_ms(/,/^}/ s/if (\*o->name == '.0' || /if (/
