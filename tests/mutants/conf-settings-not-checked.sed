# promise: adit check finds settings that make no sense together (adit.8)
# file: src/daemon/setup.c
# test: unit/test_setup
/^	tunnel_check_end(r, LEFT);/d
