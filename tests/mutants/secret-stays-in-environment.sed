# promise: a variable with a secret leaves the environment (daemon/secret.h)
# file: src/daemon/secret.c
# test: unit/test_secret
s/(void)unsetenv(name);/(void)name;/
