# promise: a uotp-server keeps a session as long as its connections, and their grace (uotp-server.8)
# file: src/cmd/uotp.c
# test: unit/test_presets
s/u->config.plan.tunnel.idle_ms = 0;/u->config.plan.tunnel.idle_ms = 120000;/
