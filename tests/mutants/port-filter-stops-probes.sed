# promise: allowed-ports is about IP packets; probes of the other device pass (is_probe() in tunnel/inspect.c)
# file: src/tunnel/inspect.c
# test: sim/test_tun_silence
s/return !out && path_probe_parse(/return out \&\& path_probe_parse(/
