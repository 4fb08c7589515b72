# promise: the shortest way to the name of an anchor is tried first (wire/tls_verify_path.c)
# file: src/wire/tls_verify_path.c
# test: unit/test_chains_hostile
/^path_complete(/,/^}/ s/for (distance = 1; distance < FAR; distance++)/for (distance = FAR - 1; distance > 0; distance--)/
