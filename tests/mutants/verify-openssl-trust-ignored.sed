# promise: the trust part of a TRUSTED CERTIFICATE is honoured (adit.8, cafile)
# file: src/wire/cert.c
# test: unit/test_chains
/^cert_trusted_uses(/,/^}/ s/(uses & ~reject)/uses/
